"""Files that are packed with gzip, unpacked before anybody looks at what they hold."""

import gzip
import io
import zlib
from typing import Final

from pling_async.errors import Place, SourceError
from pling_async.sources.blocks import blocks

MAGIC: Final = b"\x1f\x8b"
_MOST_GROWTH: Final = 200
"""Lists of people shrink to a fifth or a tenth; what grows more than this fills memory on purpose."""
_HARMLESS: Final = 1 << 26


def is_packed(packed: list[bytes]) -> bool:
    """Tell gzip by its first bytes."""
    return b"".join(packed[:1]).startswith(MAGIC)


def unpacked(packed: list[bytes], name: str) -> list[bytes]:
    """Return what a gzip file holds, all members of it; a file that is cut off or damaged raises `SourceError`."""
    most = max(_HARMLESS, _MOST_GROWTH * sum(map(len, packed)))
    found: list[bytes] = []
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(b"".join(packed))) as file:
            for block in blocks(file):
                found.append(block)
                if sum(map(len, found)) > most:
                    raise _refused(
                        f"unpacks to more than {_MOST_GROWTH} times its size; unpack it and look at it", name
                    )
    except EOFError as error:
        raise _refused("the gzip file is cut off; copy or export it again", name) from error
    except (OSError, zlib.error) as error:
        raise _refused("the gzip file is damaged; copy or export it again", name) from error
    return found


def _refused(message: str, name: str) -> SourceError:
    return SourceError(message, Place(source=name))
