"""Recordings as files in a folder or as objects in an S3 bucket, one interface; audio_answer.py serves them."""

import errno
import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from calltrack.config import BadSetting

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

CHUNK_BYTES = 64 * 1024
# A person has to put this right; until then we try again, for the carrier still holds the recording.
_NOT_OURS_TO_WRITE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


class StorageUnavailable(Exception):
    """The storage cannot do this now (full, away, not ours to write): try again later. The message says what to do."""


class Body:
    """Bytes on their way out of the storage: iterate once; `close` lets the file or connection go.

    `length` is the number of bytes it gives. Raises `StorageUnavailable` when they end before that.
    """

    def __init__(self, *, read: Callable[[int], bytes], close: Callable[[], None], length: int) -> None:
        self.length = length
        self.close = close
        self._read = read
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            self.close()
            raise StopIteration
        chunk = self._read(min(CHUNK_BYTES, self._left))
        if not chunk:
            self.close()
            raise StorageUnavailable(f"A recording ended {self._left} bytes before its end.")
        self._left -= len(chunk)
        return chunk


class Storage(Protocol):
    """Where recordings are kept.

    A key is a relative name of our own making, `<account>/<yyyy>/<mm>/<sid>.mp3`; one that could lead out of the
    storage raises ValueError. Whatever else goes wrong is `StorageUnavailable`.
    """

    def put(self, *, key: str, source: Path) -> None:
        """Keep a copy of `source`, whole or not at all, in place of what stood there; once back, it is on the disk."""

    def size(self, *, key: str) -> int | None:
        """How many bytes are kept; None if nothing is."""

    def read(self, *, key: str, start: int = 0, end: int | None = None) -> Body:
        """The bytes from `start` to before `end` (None: to the last), as a slice would have them.

        Raises FileNotFoundError if nothing is kept. What can be known to fail fails here, not after the first byte.
        """

    def delete(self, *, key: str) -> None:
        """Erase; it does not matter whether anything is there. A bucket that keeps versions keeps its old ones."""


def open_storage(url: str) -> Storage:
    """The storage at a folder's path (relative to the working directory) or `s3://bucket/prefix`.

    Raises BadSetting for an address that names neither and for S3 without the extra `s3`. A folder or bucket that is
    away is no reason not to start, for calls must be answered: it is first asked when a recording is.
    """
    scheme, divider, rest = url.partition("://")
    if not divider and url.strip():
        return _Folder(Path(url).absolute())
    bucket, _, prefix = rest.strip("/").partition("/")
    if scheme != "s3" or rest.startswith("/") or not _is_safe(rest.strip("/")):
        raise BadSetting(f"calltrack cannot start: RECORDINGS_URL: {url!r} is neither a folder nor s3://bucket/prefix")
    return _Bucket(bucket, prefix)


def _is_safe(name: str) -> bool:
    # A leading dot covers "." and "..", and keeps our unfinished files out of reach.
    return "\\" not in name and name.isprintable() and all(part[:1] not in {"", "."} for part in name.split("/"))


def _check_key(key: str) -> str:
    if not _is_safe(key):
        raise ValueError(f"{key!r} is no name of a recording")
    return key


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, *, key: str, source: Path) -> None:
        path = self._root / _check_key(key)
        with source.open("rb") as original, self._errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
            ) as part:
                try:
                    shutil.copyfileobj(original, part)
                    part.flush()
                    os.fsync(part.fileno())
                    Path(part.name).replace(path)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the new name itself, which is no part of the file
            finally:
                os.close(folder)

    def size(self, *, key: str) -> int | None:
        path = self._root / _check_key(key)
        with self._errors():
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

    def read(self, *, key: str, start: int = 0, end: int | None = None) -> Body:
        path = self._root / _check_key(key)
        if self.size(key=key) is None:
            raise FileNotFoundError(key)
        with self._errors():
            file = path.open("rb")
            size = os.fstat(file.fileno()).st_size
            file.seek(start)
        length = max(0, min(size if end is None else end, size) - start)
        return Body(read=self._errors()(file.read), close=file.close, length=length)

    def delete(self, *, key: str) -> None:
        path = self._root / _check_key(key)
        with self._errors():
            path.unlink(missing_ok=True)
            # What a process that was killed left unfinished is the caller's voice too.
            for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
                part.unlink(missing_ok=True)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            said = f"Recordings in {self._root}: {error.strerror or error}."
            if error.errno in _NOT_OURS_TO_WRITE:
                said += f" The user with id {os.geteuid()} must be able to read and write this folder (RECORDINGS_URL)."
            raise StorageUnavailable(said) from error


class _Bucket:
    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix
        self._client = _s3_client()

    def put(self, *, key: str, source: Path) -> None:
        with source.open("rb") as body, self._errors():
            self._client.put_object(Bucket=self._bucket, Key=self._name(key), Body=body, ContentType="audio/mpeg")

    def size(self, *, key: str) -> int | None:
        with self._errors():
            try:
                return self._client.head_object(Bucket=self._bucket, Key=self._name(key))["ContentLength"]
            except self._client.exceptions.ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return None
                raise

    def read(self, *, key: str, start: int = 0, end: int | None = None) -> Body:
        nothing = Body(read=lambda _size: b"", close=lambda: None, length=0)
        if end is not None and end <= start:
            return nothing
        wanted = f"bytes={start}-{'' if end is None else end - 1}"
        with self._errors():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._name(key), Range=wanted)
            except self._client.exceptions.NoSuchKey:
                raise FileNotFoundError(key) from None
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] == "InvalidRange":  # it begins at or beyond the end
                    return nothing
                raise
        body = found["Body"]
        return Body(read=self._errors()(body.read), close=body.close, length=found["ContentLength"])

    def delete(self, *, key: str) -> None:
        with self._errors():
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    def _name(self, key: str) -> str:
        return f"{self._prefix}/{_check_key(key)}".removeprefix("/")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            refused = isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
            needs = " The key needs s3:GetObject, PutObject, DeleteObject and ListBucket." if refused else ""
            raise StorageUnavailable(f"Recordings in s3://{self._bucket}/{self._prefix}: {error}.{needs}") from error


def _s3_client() -> "S3Client":
    try:
        from boto3.session import Session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise BadSetting(
            "calltrack cannot start: RECORDINGS_URL: s3:// needs boto3, which `pip install 'calltrack[s3]'` brings"
        ) from None
    config = Config(
        connect_timeout=3,
        read_timeout=15,
        retries={"mode": "standard", "total_max_attempts": 2},  # a listener waits; whoever stores tries again by itself
        # Checksums that S3 adds of its own accord are not understood by all that speak its language.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        return Session().client("s3", config=config)  # AWS_ENDPOINT_URL and the credentials: boto3 reads them itself
    except (ValueError, BotoCoreError) as error:
        raise BadSetting(f"calltrack cannot start: RECORDINGS_URL: S3: {error}") from error
