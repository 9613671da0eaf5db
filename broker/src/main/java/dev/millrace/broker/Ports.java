package dev.millrace.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * Chooses TCP ports before Kafka binds them, because a KRaft node must know its controller's port in advance.
 *
 * <p>Free ports come from below the range from which common systems take the ports of outgoing connections: none of
 * those can take the port between the choice and the bind.
 */
final class Ports {

    static final String LOOPBACK = "127.0.0.1";

    private static final int LOWEST = 20_000;
    private static final int HIGHEST = 32_000;
    private static final int TRIES = 200;

    private Ports() {}

    static int free() {
        return freeOtherThan();
    }

    static int freeOtherThan(int... taken) {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
            if (IntStream.of(taken).noneMatch(other -> other == port) && isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free TCP port found between " + LOWEST + " and " + HIGHEST);
    }

    static int requireFree(int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port must be between 0 and 65535, but is " + port);
        }
        if (!isFree(port)) {
            throw new IllegalStateException("TCP port " + port
                    + " is taken; stop what listens there, or choose another port (0 takes a free one)");
        }
        return port;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            // As Kafka binds: connections that linger after a restart do not hold the port.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
