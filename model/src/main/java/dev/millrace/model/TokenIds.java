package dev.millrace.model;

import java.util.Arrays;

/** The token ids of one text, marks included. Immutable. */
public final class TokenIds {

    private final int[] ids;

    private TokenIds(int[] ids) {
        this.ids = ids;
    }

    /**
     * Wraps ids.
     *
     * @param ids at least one; copied
     * @return the tokens of a text
     */
    public static TokenIds of(int... ids) {
        if (ids.length == 0) {
            throw new IllegalArgumentException("a text must have at least one token");
        }
        return new TokenIds(ids.clone());
    }

    /** {@return how many there are, at least 1} */
    public int length() {
        return ids.length;
    }

    /**
     * One of them.
     *
     * @param index from 0
     * @return its place in the vocabulary
     */
    public int get(int index) {
        return ids[index];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenIds tokens && Arrays.equals(ids, tokens.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return Arrays.toString(ids);
    }
}
