"""Pictures that carry content credentials: a box where they belong, and real ones, signed by a chain made here."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def box(size: int = 600) -> bytes:
    """A JUMBF box of the type `c2pa`, with nothing of use in it."""
    kind = b"c2pa" + bytes.fromhex("00110010800000aa00389b71")
    description = kind + b"\x03c2pa\0"
    inner = struct.pack(">I", 8 + len(description)) + b"jumd" + description + b"\x9b" * size
    return struct.pack(">I", 8 + len(inner)) + b"jumb" + inner


def with_credentials(data: bytes, held: bytes | None = None) -> bytes:
    """The same picture with a box in it, where its format has the place for one."""
    held = box() if held is None else held
    if data.startswith(b"\x89PNG"):
        chunk = b"caBX" + held
        whole = struct.pack(">I", len(held)) + chunk + struct.pack(">I", zlib.crc32(chunk))
        return data[:33] + whole + data[33:]  # after IHDR
    if data.startswith(b"\xff\xd8"):
        return data[:2] + b"".join(segments(held)) + data[2:]
    riff = data[8:] + b"C2PA" + struct.pack("<I", len(held)) + held + bytes(len(held) % 2)
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def segments(held: bytes, most: int = 64_000) -> list[bytes]:
    """A box over as many APP11 segments as it needs: each repeats its head (ISO 19566-5, D.2)."""
    head, rest = held[:8], held[8:]
    parts = [rest[start : start + most] for start in range(0, len(rest), most)]
    bodies = [b"JP\0\x01" + struct.pack(">I", number) + head + part for number, part in enumerate(parts, 1)]
    return [b"\xff\xeb" + struct.pack(">H", 2 + len(body)) + body for body in bodies]


@cache
def chain(name: str = "Tintype tests") -> tuple[bytes, bytes]:
    """A certificate for signing pictures with that of its issuer, and its key (PEM). As C2PA wants them: the
    specification's 14.5.1."""
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("root of " + name)
    authority = (
        _about(issuer, issuer, root.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root.public_key()), critical=False)
        .sign(root, hashes.SHA256())
    )
    certificate = (
        _about(_name(name), issuer, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem) + authority.public_bytes(pem), secret


def files(folder: Path, name: str = "Tintype tests") -> tuple[str, str]:
    """The chain and its key as files."""
    for file, content in zip(("chain.pem", "key.pem"), chain(name), strict=True):
        (folder / file).write_bytes(content)
    return str(folder / "chain.pem"), str(folder / "key.pem")


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"),
        ]
    )


def _about(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
