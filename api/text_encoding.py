"""From the settings of a project to what encodes the texts of items that come after a training."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from api.settings import Settings
from embeddings.text.encoding import Load, encode_items
from embeddings.vectors import Vectors
from embeddings.workspace import Workspace
from graph.dataset import Dataset
from graph.progress import Progress

if TYPE_CHECKING:  # scipy comes with it, which a server needs only to place something
    from recommender.arriving import Encode


def make_text_encoder(
    settings: Settings,
    report: Callable[[str], None],
    progress: Progress,
    *,
    load: Load = "light",
) -> "Encode":
    """What encodes them, and which encoders it may load for that."""

    def encode(dataset: Dataset, items: NDArray[np.intp]) -> Vectors:
        return encode_items(
            dataset,
            settings.text,
            Workspace(settings.workspace),
            items=items,
            load=load,
            api_key=settings.text_api_key,
            progress=progress,
            report=report,
        )

    return encode
