"""What can go wrong between us and a receiver: HTTP, MLLP and folders."""

from __future__ import annotations

from conformance.catalogue.code import Code

_HTTP = "https://www.rfc-editor.org/rfc/rfc9110#section-15"
_MLLP = "http://www.hl7.org/documentcenter/public/wg/inm/mllp_transport_specification.PDF"
_ACK = "https://www.hl7.eu/HL7v2x/v251/std251/ch02.html#Heading145"
_RESPONSE = "https://hl7.org/fhir/R4/messageheader-definitions.html#MessageHeader.response.code"

CODES: tuple[Code, ...] = (
    Code(
        code="NET-0101",
        severity="error",
        title="Name not resolved",
        message="The receiver's host name could not be resolved.",
        why="A name server was not reachable, or the name in the configuration is wrong. The delivery is tried again.",
        type="transient",
    ),
    Code(
        code="NET-0102",
        severity="error",
        title="Address not public",
        message="The receiver's host name leads to an address that is not public; the destination doesn't allow it.",
        why=(
            "A name that leads into the own network can make the gateway speak to machines that nobody "
            "meant (CWE-918). "
            "A receiver inside is named under `private_hosts` of its destination."
        ),
        spec="https://cwe.mitre.org/data/definitions/918.html",
        type="security",
    ),
    Code(
        code="NET-0103",
        severity="error",
        title="Not connected",
        message="No connection to the receiver could be made: {reason}.",
        why="The receiver is down, or a firewall stands between. Nothing was sent; the delivery is tried again.",
        type="transient",
    ),
    Code(
        code="NET-0104",
        severity="error",
        title="TLS refused",
        message="The TLS handshake with the receiver failed: {reason}.",
        why="The certificate is not the receiver's, has expired, or the receiver asks for a certificate of ours.",
        spec="https://www.rfc-editor.org/rfc/rfc9325",
        type="security",
    ),
    Code(
        code="NET-0105",
        severity="error",
        title="No answer",
        message="The request was sent, but no whole answer came in time.",
        why="Whether the receiver has it is not known: it is sent again with the same key, so that it can "
        "be recognised.",
        type="timeout",
    ),
    Code(
        code="NET-0106",
        severity="error",
        title="Answer not readable",
        message="The receiver's answer is not {protocol}.",
        why="Another kind of server may be listening there. It is sent again with the same key.",
        type="processing",
    ),
    Code(
        code="NET-0107",
        severity="error",
        title="Receiver busy",
        message="The receiver answered {status}; the delivery is tried again.",
        why="408, 425, 429 and 5xx say that the same request may be taken later.",
        spec=_HTTP,
        type="transient",
    ),
    Code(
        code="NET-0108",
        severity="error",
        title="Receiver refused",
        message="The receiver answered {status}; the same request will not be taken later either.",
        why="Other 4xx answers are about the request or the credentials: repeating it can't help. Redirects "
        "are not followed.",
        spec=_HTTP,
        type="processing",
    ),
    Code(
        code="NET-0109",
        severity="error",
        title="Receiver gone",
        message="The receiver answered 410: it is gone for good, and the destination was switched off.",
        why="Deliveries to it wait until an operator resumes the destination.",
        spec="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.11",
        type="processing",
    ),
    Code(
        code="NET-0110",
        severity="error",
        title="Message processed with a fatal error",
        message="The receiver answered with MessageHeader.response.code `fatal-error`.",
        why="The receiver took the message, could not process it, and says that it can't be corrected by "
        "sending again.",
        spec=_RESPONSE,
        type="processing",
    ),
    Code(
        code="NET-0111",
        severity="error",
        title="Message processed with a transient error",
        message="The receiver answered with MessageHeader.response.code `transient-error`.",
        why="The receiver asks for the same message later.",
        spec=_RESPONSE,
        type="transient",
    ),
    Code(
        code="NET-0201",
        severity="error",
        title="No acknowledgement",
        message="The message was sent, but no acknowledgement came in time.",
        why="Whether the receiver has it is not known. The connection is closed, so that a late answer is "
        "not taken for another's.",
        spec=_MLLP,
        type="timeout",
    ),
    Code(
        code="NET-0202",
        severity="error",
        title="Acknowledged with an error",
        message="The receiver acknowledged with {code}; the delivery is tried again.",
        why="AE and CE say that the receiver could not process it now.",
        spec=_ACK,
        type="processing",
    ),
    Code(
        code="NET-0203",
        severity="error",
        title="Rejected",
        message="The receiver acknowledged with {code}; the same message will not be taken later either.",
        why="AR and CR refuse the message for what it is: its type, version or processing id.",
        spec=_ACK,
        type="processing",
    ),
    Code(
        code="NET-0204",
        severity="error",
        title="Acknowledgement of another message",
        message="MSA-2 of the acknowledgement is not the control id that was sent.",
        why="The answers have slipped. The connection is closed and the message sent again with the same control id.",
        spec=_ACK,
        type="conflict",
    ),
    Code(
        code="NET-0301",
        severity="error",
        title="File not written",
        message="The file could not be written: {reason}.",
        why="The folder is missing, full or not ours to write. The delivery is tried again.",
        type="transient",
    ),
)
