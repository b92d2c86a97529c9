"""Contract tests: what every format, transport and destination must do. An adapter's author subclasses them in a test.

    from adapters.contract import DestinationContract

    class TestMine(DestinationContract):
        destination = DESTINATION

        def receiver(self): ...

They need pytest and a running loopback, nothing of the gateway.
"""

from adapters.contract.destination import DestinationContract, Receiver
from adapters.contract.format import FormatContract
from adapters.contract.transport import TransportContract, Wire

__all__ = ["DestinationContract", "FormatContract", "Receiver", "TransportContract", "Wire"]
