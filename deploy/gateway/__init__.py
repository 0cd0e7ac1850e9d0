"""The one address in front of the four services. It routes and documents; it decides nothing and knows no domain.

A request whose path begins with a service's name goes to that service as it is; the rest (health, figures, documents,
interactive documentation) is answered here. Services are reached in this process or over HTTP.
"""

from deploy.gateway.app import Backend, create_gateway
from deploy.gateway.in_process import InProcess
from deploy.gateway.proxy import HttpUpstream

__all__ = ["Backend", "HttpUpstream", "InProcess", "create_gateway"]
