"""What callers of the credentials service can get wrong."""

from shared.kernel.errors import RungError


class CredentialsError(RungError):
    """Base of this service's errors."""


class ProviderUnknown(CredentialsError):
    """No provider of this name was agreed with; the webhook's address is not theirs."""

    code = "provider-unknown"
    title = "No such provider"
    status = 404


class NoticeUnreadable(CredentialsError):
    """A signed body that does not follow the provider's agreed shape. It is kept, and changes nothing."""

    code = "notice-unreadable"
    title = "The notice does not have the agreed shape"
    status = 422


class MicroCredentialUnknown(CredentialsError):
    """The catalogue does not have a micro-credential that was named: it has to be put there first."""

    code = "micro-credential-unknown"
    title = "No such micro-credential"
    status = 404


class EducatorUnknown(CredentialsError):
    """The roster has brought no educator with this id; after a roster import it takes a moment."""

    code = "educator-unknown"
    title = "No such educator"
    status = 404
