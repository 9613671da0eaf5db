package dev.millrace.registry;

import java.util.concurrent.atomic.AtomicInteger;

/** What a test serves: it knows which version it is, and how often it was closed. */
class Toy implements AutoCloseable {

    private final long number;
    private final AtomicInteger closes = new AtomicInteger();

    Toy(long number) {
        this.number = number;
    }

    long number() {
        return number;
    }

    int closes() {
        return closes.get();
    }

    @Override
    public void close() {
        closes.incrementAndGet();
    }
}
