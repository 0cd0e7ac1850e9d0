"""What callers of the credentials service can get wrong."""

from shared.kernel.errors import RungError


class CredentialsError(RungError):
    """Base of this service's errors."""


class ProviderUnknown(CredentialsError):
    code = "provider-unknown"
    title = "No such provider"
    status = 404


class NoticeUnreadable(CredentialsError):
    """A signed body that does not follow the provider's agreed shape. It is kept, and changes nothing."""

    code = "notice-unreadable"
    title = "The notice does not have the agreed shape"
    status = 422


class MicroCredentialUnknown(CredentialsError):
    code = "micro-credential-unknown"
    title = "No such micro-credential"
    status = 404


class PathwayUnknown(CredentialsError):
    code = "pathway-unknown"
    title = "No such pathway"
    status = 404


class EducatorUnknown(CredentialsError):
    code = "educator-unknown"
    title = "No such educator"
    status = 404
