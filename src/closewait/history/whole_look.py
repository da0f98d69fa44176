"""A look kept whole: our own Parquet, so that rules that do not exist yet can judge it."""

from closewait.formats import looks
from closewait.snapshot.files import encoded, rows_of_looks
from closewait.snapshot.table import Snapshot
from closewait.views.as_json import heads_as_json


def kept(look: Snapshot) -> bytes:
    """The look as a file's bytes."""
    return encoded(rows_of_looks([look]), ".parquet", heads=heads_as_json([look]))


def brought_back(parquet: bytes, name: str) -> Snapshot:
    """The look as it was. Raises BadInput, speaking of `name`, where the bytes are damaged."""
    (look,) = looks(parquet, name)
    return look
