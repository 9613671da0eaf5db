package dev.millrace.model;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Turns a text into the token ids of an encoder's vocabulary, its start and end marks included.
 *
 * <p>Safe for use by several threads.
 */
public final class Tokenizer implements AutoCloseable {

    private static final int MARKS = 2;
    private static final int LONG_WORD = 1_000;

    private final HuggingFaceTokenizer tokenizer;
    private final String prefix;
    private final boolean seesPlainText;

    private Tokenizer(HuggingFaceTokenizer tokenizer, String prefix, boolean ofBertFamily) {
        this.tokenizer = tokenizer;
        this.prefix = prefix;
        this.seesPlainText = ofBertFamily && seesAnUnknownWord();
    }

    /** A vocabulary may lack the token of unknown words, which then are errors. */
    private boolean seesAnUnknownWord() {
        try {
            return ids("a").length > MARKS && ids("a".repeat(LONG_WORD)).length > MARKS;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /**
     * Opens a tokenizer.
     *
     * @param json a Hugging Face {@code tokenizer.json}; padding and truncation stated in it are ignored
     * @param maxTokens the most tokens of one text, marks included, at least 3; longer texts are cut at the end
     * @return it
     * @throws IllegalArgumentException when {@code json} is something else, or {@code maxTokens} too small
     */
    public static Tokenizer of(String json, int maxTokens) {
        return of(json, maxTokens, "");
    }

    /**
     * Opens the tokenizer of an encoder that knows texts behind a prefix only.
     *
     * @param json a Hugging Face {@code tokenizer.json}; padding and truncation stated in it are ignored
     * @param maxTokens the most tokens of one text, marks and prefix included; longer texts are cut at the end
     * @param prefix what each text is preceded by
     * @return it
     * @throws IllegalArgumentException when {@code json} is something else, or {@code maxTokens} leaves no room for a text
     */
    public static Tokenizer of(String json, int maxTokens, String prefix) {
        Tokenizer tokenizer = open(json, maxTokens, prefix);
        if (tokenizer.ids(prefix).length >= maxTokens) {
            tokenizer.close();
            throw new IllegalArgumentException("maxTokens must leave room for a text behind the marks and the prefix '"
                    + prefix + "', but is " + maxTokens);
        }
        return tokenizer;
    }

    private static Tokenizer open(String json, int maxTokens, String prefix) {
        if (maxTokens <= MARKS) {
            throw new IllegalArgumentException("maxTokens must be > " + MARKS + ", but is " + maxTokens);
        }
        Map<String, String> options =
                Map.of("padding", "false", "truncation", "true", "maxLength", Integer.toString(maxTokens));
        try {
            return new Tokenizer(
                    HuggingFaceTokenizer.newInstance(
                            new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), options),
                    prefix,
                    PlainText.suits(json));
        } catch (IOException e) {
            throw new UncheckedIOException("tokenizer.json cannot be read", e);
        } catch (RuntimeException e) {
            // The native library has no type of its own for what it cannot parse.
            throw new IllegalArgumentException("tokenizer.json is no Hugging Face tokenizer: " + e.getMessage(), e);
        }
    }

    /**
     * The token ids of a text, behind those of the prefix where there is one.
     *
     * @param text any
     * @return at least the two marks, at most {@code maxTokens}
     */
    public TokenIds encode(String text) {
        long[] ids = ids(prefix.isEmpty() ? text : prefix + text);
        int[] tokens = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            tokens[i] = Math.toIntExact(ids[i]);
        }
        return TokenIds.of(tokens);
    }

    /**
     * Whether anything of a text is left between the marks, the prefix left out. Control characters alone, for one, are dropped.
     *
     * @param text any
     * @return false when the encoder would see nothing of it
     */
    public boolean hasTokens(String text) {
        return (seesPlainText && PlainText.is(text)) || ids(text).length > MARKS;
    }

    private long[] ids(String text) {
        return tokenizer.encode(text).getIds();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
