"""The metadata that all tables of the service share."""

from shared.db.base import new_metadata

metadata = new_metadata()
