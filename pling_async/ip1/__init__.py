"""The IP1 SMS contacts API, version 2: models, codec, resources, client."""

from pling_async.ip1.client import Ip1Client
from pling_async.ip1.models import BlacklistEntry, Contact, ImportAccepted, LabelUsage, PropertyUsage, Summary

__all__ = ["BlacklistEntry", "Contact", "ImportAccepted", "Ip1Client", "LabelUsage", "PropertyUsage", "Summary"]
