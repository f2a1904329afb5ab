"""Both stores keep the store contract."""

import pytest

from graph.store import Store
from tests.contracts.edit_contract import EditContract
from tests.contracts.inspection_contract import InspectionContract
from tests.contracts.store_contract import StoreContract


class TestLadybug(StoreContract, EditContract, InspectionContract):
    @pytest.fixture
    def store(self, ladybug_store: Store) -> Store:
        return ladybug_store


@pytest.mark.neo4j
class TestNeo4j(StoreContract, EditContract, InspectionContract):
    @pytest.fixture
    def store(self, neo4j_store: Store) -> Store:
        return neo4j_store
