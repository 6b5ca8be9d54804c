"""The stored model: sound when loaded, refused when not."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from calltrack.classify.conversations import CORPUS, hash_corpus
from calltrack.classify.model import SHIPPED, ModelUnusable, load_model, save_model
from calltrack.classify.reasons import EXCUSED_REASONS, LEAD_REASONS
from calltrack.classify.training import hash_settings, train


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
    for ours, theirs in ((again.label_weights, model.label_weights), (again.reason_weights, model.reason_weights)):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)  # another processor may differ in the last digit kept
    assert card.metrics["macro_f1"] == pytest.approx(model.card["metrics"]["macro_f1"], abs=0.01)


def test_the_shipped_model_knows_every_reason(model):
    assert set(model.reasons) == {*LEAD_REASONS, *EXCUSED_REASONS}


def test_the_shipped_model_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 1_500_000


def test_what_is_saved_is_what_is_loaded(model, tmp_path):
    save_model(model=model, folder=tmp_path)
    assert (tmp_path / "model.json").read_bytes() == (SHIPPED / "model.json").read_bytes()


def test_a_model_of_another_format_is_refused(copy):
    change(copy, format=2)
    with pytest.raises(ModelUnusable, match="another format"):
        load_model(folder=copy)


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
