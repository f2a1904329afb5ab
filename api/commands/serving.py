"""`whypath recommend` and `whypath explain`."""

import click

from api.console import output_console, print_json
from api.context import CliContext, json_option, pass_context
from api.views.suggestions import show_explanation, show_recommendation
from recommender.recommending import Recommender
from recommender.request import SIGNALS, Request


def _names(value: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


@click.command(short_help="Suggest items, with their paths.")
@click.argument("user", required=False)
@click.option("-n", type=click.IntRange(1, 1000), help="How many suggestions.  [default: 10]")
@click.option("--exclude", metavar="ITEM,...", help="Items that must not be suggested.")
@click.option("--include-seen", is_flag=True, help="Suggest items of the user's history, too.")
@click.option(
    "--filter",
    "filter_",
    metavar="EXPRESSION",
    help="Only items for which it holds, e.g. \"year >= 1990 and 'Comedy' in HAS_GENRE\".",
)
@click.option("--diversity", type=click.FloatRange(0, 1), help="0 by score alone, 1 most varied.")
@click.option("--signals", metavar="NAME,...", help="Only these signals, e.g. knowledge,profile.")
@click.option(
    "--without", metavar="ITEM,...", help="As if these pieces of history weighed nothing."
)
@click.option("--history", metavar="ITEM,...", help="A session instead of a user, latest last.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the sentences.")
@click.option("--paths", type=click.IntRange(0, 3), default=1, help="Paths drawn of each item.")
@json_option
@pass_context
def recommend(
    context: CliContext,
    user: str | None,
    n: int | None,
    exclude: str | None,
    include_seen: bool,
    filter_: str | None,
    diversity: float | None,
    signals: str | None,
    without: str | None,
    history: str | None,
    lang: str | None,
    paths: int,
    as_json: bool,
) -> None:
    """Suggest items for USER, each with the paths that made its score."""
    given = {"n": n, "diversity": diversity, "lang": lang}
    settings = context.settings({"recommend": given})
    request = Request(
        user=user,
        history=None if history is None else _names(history),
        n=settings.recommend.n,
        exclude=frozenset(_names(exclude)),
        include_seen=include_seen,
        filter=filter_,
        diversity=settings.recommend.diversity,
        signals=SIGNALS if signals is None else _names(signals),
        without=frozenset(_names(without)),
        lang=settings.recommend.lang,
    )
    with context.open_store(settings) as store:
        recommendation = Recommender(store, settings.artifacts).recommend(request)
    if as_json:
        print_json(recommendation.to_json())
    else:
        show_recommendation(output_console(), recommendation, paths)


@click.command(short_help="Explain one item for one user.")
@click.argument("user")
@click.argument("item")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the sentence.")
@json_option
@pass_context
def explain(context: CliContext, user: str, item: str, lang: str | None, as_json: bool) -> None:
    """Every contribution and path of one ITEM for one USER, also if it was not suggested."""
    settings = context.settings({"recommend": {"lang": lang}})
    request = Request(user=user, n=settings.recommend.n, lang=settings.recommend.lang)
    with context.open_store(settings) as store:
        explanation = Recommender(store, settings.artifacts).explain(request, item)
    if as_json:
        print_json(explanation.to_json())
    else:
        show_explanation(output_console(), explanation)
