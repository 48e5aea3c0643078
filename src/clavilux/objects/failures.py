"""What went wrong at an object store, in one line that says what to do.

obstore tells failures as text with everything in it: addresses, headers, a server's own words. Only
what is recognized here is passed on, so that no credential can slip through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from clavilux.model.errors import ClaviluxError, InputError, OutputError

_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_ASKED = re.compile(r"Error performing [A-Z]+ (https?://\S+)")
_SYSTEM = re.compile(r'Os \{\s*code: \d+,\s*kind: \w+,\s*message: "([^"\n]{1,120})"')
_METADATA = re.compile(
    r"https?://(169\.254\.169\.254|metadata\.google|[^/]+/latest/(api/token|meta-data))"
)
"""Where obstore looks for credentials last: at the cloud machine it might run on."""

_REGION_CODES = {"PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect"}
_LOST = "redirect without LOCATION"
_UNCONDITIONAL_CODES = {"NotImplemented", "InvalidArgument"}


@dataclass(frozen=True)
class Failure:
    """What can be told from obstore's words."""

    text: str

    @property
    def code(self) -> str:
        """S3's name of the trouble; "" where it gave none."""
        found = _CODE.search(self.text)
        return found[1] if found else ""

    @property
    def status(self) -> int:
        """HTTP's; 0 where nothing answered."""
        found = _STATUS.search(self.text)
        return int(found[1]) if found else 0

    @property
    def asked(self) -> str:
        """The address that was asked; "" where none was."""
        found = _ASKED.search(self.text)
        return found[1] if found else ""

    @property
    def host(self) -> str:
        """Who was asked, with the port."""
        return urlsplit(self.asked).netloc.rpartition("@")[2]

    @property
    def unanswered(self) -> bool:
        """Whether obstore tells of the way to the server, not the server's own words."""
        return not self.status and bool(self.host)

    @property
    def timed_out(self) -> bool:
        return self.unanswered and "kind: Timeout" in self.text

    @property
    def plain_http(self) -> bool:
        """Whether it was not even sent, for want of TLS."""
        return self.unanswered and "BadScheme" in self.text

    @property
    def no_credentials(self) -> bool:
        return _METADATA.match(self.asked) is not None

    @property
    def unsure(self) -> bool:
        """Whether something was sent and no answer came: it may have been done or not."""
        sent = not self.plain_http and "kind: Connect" not in self.text
        return self.unanswered and sent and not self.no_credentials

    @property
    def no_conditions(self) -> bool:
        """Whether the server says that it knows no conditional put."""
        return self.status == 501 or (self.status == 400 and self.code in _UNCONDITIONAL_CODES)

    @property
    def bucket_missing(self) -> bool:
        return self.code in ("NoSuchBucket", "InvalidBucketName")


def told(error: BaseException, *, where: str) -> ClaviluxError:
    """The error to raise: InputError where the user's settings are wrong, else OutputError."""
    failure = Failure(str(error))
    fault = _settings_at_fault(failure, error)
    if fault:
        return InputError(f"cannot keep pictures at {where}: {fault}")
    return OutputError(f"cannot keep pictures at {where}: {_trouble(failure)}")


def _settings_at_fault(failure: Failure, error: BaseException) -> str:
    """Reason and remedy where the address, the credentials or the rights are wrong; else ""."""
    answered = f"{failure.code or 'HTTP'} {failure.status}"
    if failure.no_credentials:
        return (
            "there are no credentials; set them in the environment, such as AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY"
        )
    if failure.plain_http:
        return (
            f"{failure.host} would be asked over plain http, which anybody on the way can read;"
            " use https, or set AWS_ALLOW_HTTP=true"
        )
    if failure.code in _REGION_CODES or failure.status in (301, 307) or _LOST in failure.text:
        return "the bucket is in another region; set AWS_REGION to it"
    if failure.status in (401, 403) or type(error).__name__ in (
        "PermissionDeniedError",
        "UnauthenticatedError",
    ):
        return (
            f"not allowed ({answered}); check the credentials in the environment, and that they may"
            " get, put and list there"
        )
    if failure.bucket_missing or failure.status == 404:
        return f"there is no such bucket ({answered}); make it first, or correct its name"
    if "Account must be specified" in failure.text:
        return "there is no account; set AZURE_STORAGE_ACCOUNT_NAME"
    if failure.status == 0 and not failure.host and not _SYSTEM.search(failure.text):
        return "the address or one of its options cannot be used; write s3://bucket/prefix"
    return ""


def _trouble(failure: Failure) -> str:
    """Reason and remedy where the network, the server or the disk is at fault."""
    system = _SYSTEM.search(failure.text)
    if failure.status:
        answered = f"{failure.code or 'HTTP'} {failure.status}"
        return f"the server {failure.host} answered {answered}; try again later"
    if failure.timed_out:
        return f"{failure.host} did not answer in time; try again, or choose another place"
    if failure.host:
        reason = "no such host" if "dns error" in failure.text else "no connection"
        reason = system[1] if system else reason
        return (
            f"{failure.host} cannot be reached ({reason}); is it running, and is its address"
            " (AWS_ENDPOINT_URL) right?"
        )
    return f"{system[1] if system else 'it cannot be written'}; choose another place"
