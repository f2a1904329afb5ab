"""Settings from the file, the environment and the command line: what wins, and what is refused."""

import re
from pathlib import Path

import pytest

from api.settings import Settings, load_settings
from graph.errors import UsageError


def load(project: Path, text: str = "", **environment: str) -> Settings:
    """The settings of a project whose whypath.toml is `text`."""
    (project / "whypath.toml").write_text(text, encoding="utf-8")
    return load_settings(project, environment)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    text = '[train]\nembeddings = ["text"]\nrng = 1\nthreads = 2\n'
    (tmp_path / "whypath.toml").write_text(text)
    environment = {"WHYPATH_TRAIN_EMBEDDINGS": "kge, gnn", "WHYPATH_TRAIN_RNG": "2"}
    train = load_settings(tmp_path, environment, {"train": {"embeddings": (), "rng": None}}).train
    assert (train.embeddings, train.rng, train.threads) == ((), 2, 2)
    assert load_settings(tmp_path, environment).train.embeddings == ("kge", "gnn")
    assert load_settings(tmp_path, {}).train.embeddings == ("text",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("false", False), ('["LIKED", "SEEN"]', ("LIKED", "SEEN")), ("[]", ())],
)
def test_feedback_of_kge_is_a_truth_or_a_list(
    tmp_path: Path, value: str, expected: bool | tuple[str, ...]
) -> None:
    assert load(tmp_path, f"[kge]\nfeedback = {value}\n").kge.feedback == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("False", False), ("LIKED, SEEN", ("LIKED", "SEEN")), ("LIKED", ("LIKED",))],
)
def test_feedback_of_kge_in_the_environment(
    tmp_path: Path, value: str, expected: bool | tuple[str, ...]
) -> None:
    assert load(tmp_path, WHYPATH_KGE_FEEDBACK=value).kge.feedback == expected


def test_parameters_of_kge_are_a_table_or_json(tmp_path: Path) -> None:
    expected = {"scoring_fct_norm": 2, "names": ["a"]}
    table = '[kge.parameters]\nscoring_fct_norm = 2\nnames = ["a"]\n'
    assert load(tmp_path, table).kge.parameters == expected
    inline = '[kge]\nparameters = { scoring_fct_norm = 2, names = ["a"] }\n'
    assert load(tmp_path, inline).kge.parameters == expected
    given = '{"scoring_fct_norm": 2, "names": ["a"]}'
    assert load(tmp_path, WHYPATH_KGE_PARAMETERS=given).kge.parameters == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[kge]\nfeedback = 3.5", "kge.feedback does not accept 3.5: .* true or false or .* list"),
        ("[kge]\nfeedback = [1]", r"kge.feedback does not accept \[1\]"),
        ("[kge]\nparameters = 3", "kge.parameters does not accept 3: input should be a table"),
        ("[kge]\nparameters = { since = 2024-01-01 }", "kge.parameters must be plain values"),
        ("[kge]\nepochs = 0", "kge.epochs is 0; it must be at least 1"),
        ("[kge]\nmodle = 'TransE'", "unknown key 'modle' in \\[kge\\]; did you mean 'model'?"),
        ("[gnn]\nmodel = 'gcn'", "gnn.model does not accept 'gcn'"),
        ("[text]\nbatch_size = 'x'", "text.batch_size does not accept 'x'"),
        ("[text]\nencoder = 'endpoint'", "an endpoint needs one such as"),
        ("[text]\napi_key = 'k'", "is a secret .* WHYPATH_TEXT_API_KEY"),
        ("[train]\nembeddings = ['tex']", "unknown embedding 'tex'; known: text, kge, gnn"),
        ("[train]\nembeddings = 'text'\nrng = 'x'", "train.rng does not accept 'x'"),
        ("[serve]\nworkers = 4\nrate_per_minute = 3", "shared by the workers: give at least 4"),
        ("text = 3", r"text must be a table: \[text\]"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_legal(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["scoring_fct_norm=2", "{"])
def test_parameters_in_the_environment_must_be_json(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match=f"{re.escape(repr(value))}: it is not JSON"):
        load(tmp_path, WHYPATH_KGE_PARAMETERS=value)


def test_the_key_of_an_endpoint_comes_from_the_environment_and_is_never_shown(
    tmp_path: Path,
) -> None:
    settings = load(tmp_path, WHYPATH_TEXT_API_KEY="very-secret")
    assert settings.text_api_key == "very-secret"
    assert "very-secret" not in repr(settings)


def test_an_unknown_variable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'WHYPATH_KGE_MODEL'"):
        load(tmp_path, WHYPATH_KGE_MODLE="TransE")
