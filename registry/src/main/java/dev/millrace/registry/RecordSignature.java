package dev.millrace.registry;

/**
 * Who vouches for a version record. Immutable; it says nothing until {@link TrustedKeys} has compared it with the record.
 *
 * @param keyId SHA-256 of the public key's X.509 bytes, in lower-case hexadecimal
 * @param value the 64 bytes of the Ed25519 signature (RFC 8032), in Base64
 */
public record RecordSignature(String keyId, String value) {}
