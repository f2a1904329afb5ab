"""From the settings of a project to what computes its embeddings."""

from collections.abc import Callable
from pathlib import Path

from api.settings import Settings
from embeddings.workspace import Workspace
from graph.progress import Progress
from recommender.training import Embed, no_embeddings


def make_embedder(
    settings: Settings,
    report: Callable[[str], None],
    progress: Progress,
    tensorboard: Path | None = None,
) -> Embed:
    """What computes the embeddings that the project asks for.

    Results and checkpoints are kept in the project. `tensorboard` is a folder for logs.
    """
    if not settings.train.embeddings:
        return no_embeddings
    from recommender.embedding import Embedder

    return Embedder(
        names=settings.train.embeddings,
        workspace=Workspace(settings.workspace),
        text=settings.text,
        kge=settings.kge,
        gnn=settings.gnn,
        rng=settings.train.rng,
        threads=settings.train.threads,
        api_key=settings.text_api_key,
        tensorboard=tensorboard,
        progress=progress,
        report=report,
    )


def embeddings_given(names: str | None) -> str | tuple[str, ...] | None:
    """The value of `--embeddings`: `none` says that there are to be none."""
    return () if names == "none" else names
