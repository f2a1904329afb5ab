"""The course of a training and its vectors, for TensorBoard; imports it at the top."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from embeddings.triples import Vocabulary
from graph.errors import ResourceError


class TensorboardLog:
    """Writes `kge/loss`, `kge/validation/...` and a projector of the items into a folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder.

        Raises:
            ResourceError: it cannot be written to.
        """
        try:
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            raise ResourceError(
                f"cannot write a TensorBoard log to {folder}: {error.strerror}"
            ) from error

    def loss(self, epoch: int, loss: float) -> None:
        """The mean loss of an epoch."""
        self._writer.add_scalar("kge/loss", loss, epoch)

    def check(self, check: Mapping[str, float]) -> None:
        """The metrics of a check on validation triples."""
        for name, value in check.items():
            if name != "epoch":
                self._writer.add_scalar(f"kge/validation/{name}", value, int(check["epoch"]))
        self._writer.flush()

    def replay(self, metrics: Mapping[str, Any]) -> None:
        """What a training told before: `losses`, and `checks` there or under `validation`."""
        for number, loss in enumerate(metrics["losses"], start=1):
            self.loss(number, loss)
        checks = metrics.get("checks", metrics.get("validation", {}).get("checks", ()))
        for check in checks:
            self.check(check)

    def project(self, vectors: NDArray[np.float32], vocabulary: Vocabulary) -> None:
        """The vectors of the items, with title and id, for the projector."""
        items = np.flatnonzero(vocabulary.labels == "Item")
        if not len(items):
            return
        titles = [
            [name or item, item]
            for name, item in zip(vocabulary.names[items], vocabulary.ids[items], strict=True)
        ]
        self._writer.add_embedding(
            vectors[items], metadata=titles, metadata_header=["title", "id"], tag="kge/items"
        )

    def close(self) -> None:
        """Finish the files."""
        self._writer.close()
