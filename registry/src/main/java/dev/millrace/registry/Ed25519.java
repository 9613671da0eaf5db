package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/** What the JDK knows of Ed25519 (RFC 8032), in the few calls that signatures of records need. */
final class Ed25519 {

    private static final String NAME = "Ed25519";

    private Ed25519() {}

    static KeyPair newPair() {
        try {
            return KeyPairGenerator.getInstance(NAME).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    static PublicKey publicKey(byte[] x509) throws InvalidKeySpecException {
        return factory().generatePublic(new X509EncodedKeySpec(x509));
    }

    static KeyPair pair(byte[] pkcs8) throws InvalidKeySpecException {
        PrivateKey key = factory().generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        return new KeyPair(publicKeyOf(key), key);
    }

    static String keyId(PublicKey key) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    static byte[] sign(PrivateKey key, byte[] bytes) {
        try {
            Signature signature = Signature.getInstance(NAME);
            signature.initSign(key);
            signature.update(bytes);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    static boolean isSignature(PublicKey key, byte[] bytes, byte[] value) {
        Signature signature;
        try {
            signature = Signature.getInstance(NAME);
            signature.initVerify(key);
            signature.update(bytes);
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
        try {
            return signature.verify(value);
        } catch (GeneralSecurityException e) {
            // The JDK throws, rather than answer no, when the bytes could be nobody's signature.
            return false;
        }
    }

    /**
     * A PKCS#8 file need not hold the public key, and the JDK has no call that computes it; but it makes a new pair by
     * drawing the private key's 32 bytes, and can be handed these.
     */
    private static PublicKey publicKeyOf(PrivateKey key) throws InvalidKeySpecException {
        byte[] seed = ((EdECPrivateKey) key)
                .getBytes()
                .orElseThrow(() -> new InvalidKeySpecException("the private key does not show its bytes"));
        KeyPair pair;
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(NAME);
            generator.initialize(NamedParameterSpec.ED25519, new Drawn(seed));
            pair = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
        byte[] probe = NAME.getBytes(StandardCharsets.UTF_8);
        if (!isSignature(pair.getPublic(), probe, sign(key, probe))) {
            throw new InvalidKeySpecException("this Java runtime does not compute the public key of a private one");
        }
        return pair.getPublic();
    }

    private static KeyFactory factory() {
        try {
            return KeyFactory.getInstance(NAME);
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    private static IllegalStateException missing(GeneralSecurityException cause) {
        return new IllegalStateException("this Java runtime cannot do " + NAME + ": " + cause.getMessage(), cause);
    }

    /** Not random at all: what is drawn was given. */
    private static final class Drawn extends SecureRandom {

        private static final long serialVersionUID = 1L;

        private final byte[] bytes;

        Drawn(byte[] bytes) {
            this.bytes = bytes.clone();
        }

        @Override
        public void nextBytes(byte[] drawn) {
            System.arraycopy(Arrays.copyOf(bytes, drawn.length), 0, drawn, 0, drawn.length);
        }
    }
}
