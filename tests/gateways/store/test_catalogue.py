"""The catalogue: read back as it was, and refused where it is another one."""

from pathlib import Path

import pytest

from fairlead.gateways.store.catalogue import CATALOGUE, Catalogue, load, save
from fairlead.gateways.store.errors import StoreDamaged, StoreUnreadable


def test_a_catalogue_is_read_back_as_it_was(tmp_path: Path) -> None:
    save(tmp_path, Catalogue())
    assert load(tmp_path) == Catalogue()
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", StoreDamaged),
        (b"{", StoreDamaged),
        (b'{"form":"fairlead tick store","version":1,"parts":[1]}', StoreDamaged),
        (b'{"form":"fairlead tick store","version":2}', StoreUnreadable),
        (b'{"form":"something else","version":1}', StoreUnreadable),
    ],
)
def test_another_catalogue_is_refused(
    content: bytes, error: type[Exception], tmp_path: Path
) -> None:
    (tmp_path / CATALOGUE).write_bytes(content)
    with pytest.raises(error, match=CATALOGUE):
        load(tmp_path)
