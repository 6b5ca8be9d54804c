"""The stored model: sound when loaded, refused when not."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from calltrack.classify.conversations import CORPUS, hash_corpus
from calltrack.classify.features import find_terms, known_share
from calltrack.classify.model import (
    FORMAT,
    HEADS,
    SHIPPED,
    UNDERSTOOD_FROM,
    ModelUnusable,
    combine,
    load_model,
    pack_model,
    save_model,
    unpack_model,
)
from calltrack.classify.reasons import EXCUSED_REASONS, LEAD_REASONS
from calltrack.classify.rules import FEWEST_WORDS, count_words
from calltrack.classify.training import as_matrix, hash_settings, train
from tests.classify.conftest import real_lines


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(SHIPPED, tmp_path / "model")


def change(folder: Path, **values: object) -> None:
    about = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**about, **values}))


def test_the_shipped_model_is_of_todays_corpus_and_settings(model):
    assert model.card["corpus_sha256"] == hash_corpus(corpus=CORPUS)
    assert model.card["settings_sha256"] == hash_settings()


@pytest.mark.slow
def test_training_again_gives_the_shipped_model(model, tmp_path):
    card = train(corpus=CORPUS, out=tmp_path)
    again = load_model(folder=tmp_path)

    assert again.vocabulary == model.vocabulary
    assert again.reasons == model.reasons
    for ours, theirs in ((again.weights, model.weights), (again.bias, model.bias), (again.idf, model.idf)):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)  # another processor may differ in the last digit kept
    assert card.metrics["macro_f1"] == pytest.approx(model.card["metrics"]["macro_f1"], abs=0.01)


def test_the_shipped_model_knows_every_reason(model):
    assert set(model.reasons) == {*LEAD_REASONS, *EXCUSED_REASONS}


def test_the_shipped_model_has_nothing_of_any_account(model):
    own = HEADS.index("own")
    assert not model.weights[:, own].any()
    assert not model.bias[own]


def test_the_shipped_model_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 1_500_000


def test_what_is_saved_is_what_is_loaded(model, tmp_path):
    save_model(model=model, folder=tmp_path)
    assert (tmp_path / "model.json").read_bytes() == (SHIPPED / "model.json").read_bytes()


def test_a_model_of_another_format_is_refused(copy):
    change(copy, format=FORMAT - 1)
    with pytest.raises(ModelUnusable, match="another format"):
        load_model(folder=copy)


def test_a_model_made_of_other_features_is_refused(copy):
    change(copy, features={"opening_words": 90})
    with pytest.raises(ModelUnusable, match="another format"):
        load_model(folder=copy)


def test_a_packed_model_is_the_model(model):
    about, weights = pack_model(model=model)
    again = unpack_model(about=about, weights=weights)
    assert (again.full_name, again.vocabulary, again.card) == (model.full_name, model.vocabulary, model.card)
    np.testing.assert_array_equal(again.weights, model.weights)
    assert pack_model(model=again)[0] == about


@pytest.mark.parametrize("about", ["", "[]", "{}", '{"format": 2}', "\x00"])
def test_what_is_no_model_is_refused(model, about):
    with pytest.raises(ModelUnusable, match="this is no model"):
        unpack_model(about=about, weights=pack_model(model=model)[1])


@pytest.mark.parametrize("values", [{"slope": 3.0}, {"card": {}}, {"vocabulary": ["word:leak"]}])
def test_a_model_changed_by_hand_is_refused(copy, values):
    change(copy, **values)
    with pytest.raises(ModelUnusable, match="not as they were written together"):
        load_model(folder=copy)


def test_weights_of_another_model_are_refused(copy):
    with np.load(copy / "weights.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    np.savez_compressed(copy / "weights.npz", allow_pickle=False, **{**arrays, "idf": arrays["idf"] * 2})
    with pytest.raises(ModelUnusable, match="not as they were written together"):
        load_model(folder=copy)


def test_weights_that_would_have_to_be_unpickled_are_refused(copy):
    np.savez(copy / "weights.npz", idf=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelUnusable, match="copy both files again"):
        load_model(folder=copy)


@pytest.mark.parametrize("name", ["model.json", "weights.npz"])
def test_a_missing_or_broken_file_is_refused_in_a_sentence(copy, name):
    (copy / name).write_bytes(b"\x80\x04 neither JSON nor arrays")
    with pytest.raises(ModelUnusable, match="copy both files again"):
        load_model(folder=copy)
    (copy / name).unlink()
    with pytest.raises(ModelUnusable, match=name):
        load_model(folder=copy)


def test_a_call_is_weighed_alone_as_among_others(model, conversations):
    calls = [one.facts() for one in conversations[::60]]
    terms = [find_terms(facts=facts) for facts in calls]
    odds = model.lead_odds(matrix=as_matrix(terms=terms, known=model.known, width=len(model.vocabulary)))
    for facts, lead in zip(calls, 1 / (1 + np.exp(-odds)), strict=True):
        verdict = model.read(facts=facts)
        if verdict.understood:
            assert verdict.confidence == pytest.approx(max(lead, 1 - lead), abs=1e-4)
            assert verdict.label == ("lead" if lead >= 0.5 else "excused")


def test_both_must_hold_that_a_caller_asks_and_is_not_turned_away():
    odds, _, _ = combine(asks=np.array([9.0, 9.0, -9.0, -9.0]), refused=np.array([-9.0, 9.0, -9.0, 9.0]))
    assert (odds > 0).tolist() == [True, False, False, False]


def test_a_share_says_how_far_the_odds_move_with_either_score():
    step, asks, refused = 1e-5, np.array([-2.0, 0.3, 4.0]), np.array([1.0, -0.5, -3.0])
    odds, asks_share, refused_share = combine(asks=asks, refused=refused)
    np.testing.assert_allclose((combine(asks=asks + step, refused=refused)[0] - odds) / step, asks_share, rtol=1e-3)
    np.testing.assert_allclose((odds - combine(asks=asks, refused=refused + step)[0]) / step, refused_share, rtol=1e-3)


def test_english_conversations_are_understood(model, conversations):
    strange = [one for one in conversations if not model.understands(text=one.facts().text)]
    assert len(strange) < 10  # those in Spanish
    assert sum(one.facts().text.count("\u00e9") + one.facts().text.count("\u00ed") > 0 for one in strange) == len(
        strange
    )


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["home_service_labelled", "home_service_unlabelled"])
def test_every_real_english_call_is_understood_by_far(model, name):
    for line in real_lines(name):
        text = json.loads(line)["transcript"]
        if count_words(text=text) >= FEWEST_WORDS:
            assert known_share(text=text, vocabulary=model.known) > UNDERSTOOD_FROM + 0.1
