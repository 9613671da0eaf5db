package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With the tokenizer of the bundled encoder, whose file pads to 128 and must not do so here. */
class TokenizerTest {

    private static final int MAX_TOKENS = 16;

    private String json;
    private Tokenizer tokenizer;

    @BeforeEach
    void open() throws IOException {
        try (InputStream in = TokenizerTest.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
            assertThat(in).isNotNull();
            json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        tokenizer = Tokenizer.of(json, MAX_TOKENS);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    @Test
    void encodesAsThePublishedVocabularySays() {
        assertThat(tokenizer.encode("Hello, world!")).isEqualTo(TokenIds.of(101, 7592, 1010, 2088, 999, 102));
        assertThat(tokenizer.encode("hello,   WORLD!\n")).isEqualTo(tokenizer.encode("Hello, world!"));
    }

    @Test
    void cutsLongTextsAtTheEndAndKeepsBothMarks() {
        TokenIds cut = tokenizer.encode("hello ".repeat(500));

        assertThat(cut)
                .isEqualTo(TokenIds.of(IntStream.range(0, MAX_TOKENS)
                        .map(i -> i == 0 ? 101 : i == MAX_TOKENS - 1 ? 102 : 7592)
                        .toArray()));
    }

    @Test
    void aTextOfJustTheLimitIsWhole() {
        assertThat(tokenizer.encode("hello ".repeat(MAX_TOKENS - 2)).length()).isEqualTo(MAX_TOKENS);
        assertThat(tokenizer.encode("hello ".repeat(MAX_TOKENS - 3)).length()).isEqualTo(MAX_TOKENS - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \t\r\n", "\u0000\u0001\u0007\u007f", "\u200b\u200d\ufeff", "\u00ad \u2060"})
    void nothingIsLeftOfWhatCannotBeSeen(String text) {
        assertThat(tokenizer.hasTokens(text)).isFalse();
        assertThat(tokenizer.encode(text)).isEqualTo(TokenIds.of(101, 102));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "?", "\u0001x\u0001", "\u4f60\u597d", "\ud83d\ude00"})
    void somethingIsLeftOfEverythingElse(String text) {
        assertThat(tokenizer.hasTokens(text)).isTrue();
    }

    /** Texts with an ASCII letter or digit are not tokenized for the question; the answer must be the same. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "7",
                "Z\u0301",
                "\u0001a",
                "a\u0000",
                "\u200b1\u200b",
                "\ud83d\ude00 x",
                "[CLS]",
                "[SEP]",
                "\u00e9",
                "\u0301"
            })
    void knowsWithoutTokenizingWhetherSomethingIsLeft(String text) {
        assertThat(tokenizer.hasTokens(text)).isEqualTo(tokenizer.encode(text).length() > 2);
    }

    /** Its vocabulary has no token of unknown words, so a plain text may break it. */
    @Test
    void asksATokenizerWithoutAnUnknownTokenEachTime() {
        try (Tokenizer fragile = Tokenizer.of(TinyTokenizer.json().replace("\"[UNK]\":1,", ""), MAX_TOKENS)) {
            assertThat(fragile.hasTokens("card")).isTrue();
            assertThatThrownBy(() -> fragile.hasTokens("4")).isInstanceOf(RuntimeException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BertNormalizer", "BertPreTokenizer", "WordPiece"})
    void knowsPlainTextForTheBertFamilyAlone(String part) {
        assertThat(PlainText.suits(json)).isTrue();
        assertThat(PlainText.suits(TinyTokenizer.json())).isTrue();
        assertThat(PlainText.suits(TinyTokenizer.json().replace("\"type\":\"" + part, "\"type\":\"Other")))
                .isFalse();
        assertThat(PlainText.suits("{\"model\":null}")).isFalse();
        assertThat(PlainText.suits("[1")).isFalse();
    }

    @Test
    void aPrefixPrecedesEachTextAndIsNoText() {
        try (Tokenizer prefixed = Tokenizer.of(json, MAX_TOKENS, "query: ")) {
            assertThat(prefixed.encode("Hello, world!"))
                    .isEqualTo(TokenIds.of(101, 23032, 1024, 7592, 1010, 2088, 999, 102));
            assertThat(prefixed.encode("hello ".repeat(500)).length()).isEqualTo(MAX_TOKENS);
            assertThat(prefixed.hasTokens("\u0001")).isFalse();
            assertThat(prefixed.hasTokens("a")).isTrue();
        }
    }

    @Test
    void aPrefixThatLeavesNoRoomIsRefused() {
        assertThatThrownBy(() -> Tokenizer.of(json, 4, "query: "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxTokens must leave room for a text behind the marks and the prefix 'query: ', but is 4");
        try (Tokenizer narrow = Tokenizer.of(json, 5, "query: ")) {
            assertThat(narrow.encode("hello world")).isEqualTo(TokenIds.of(101, 23032, 1024, 7592, 102));
        }
    }

    @Test
    void manyThreadsGetTheSameAnswers() throws Exception {
        List<String> texts = IntStream.range(0, 200)
                .mapToObj(i -> "text number " + i + " of a busy day".repeat(i % 4))
                .toList();
        List<TokenIds> expected = texts.stream().map(tokenizer::encode).toList();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<List<TokenIds>>> tasks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> texts.stream().map(tokenizer::encode).toList());
            }
            for (Future<List<TokenIds>> answers : threads.invokeAll(tasks)) {
                assertThat(answers.get()).isEqualTo(expected);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void roomForTheMarksAloneIsRefused() {
        assertThatThrownBy(() -> Tokenizer.of(json, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxTokens must be > 2, but is 2");
    }

    @Test
    void whatIsNoTokenizerIsRefusedByName() {
        assertThatThrownBy(() -> Tokenizer.of("{\"version\": 1}", MAX_TOKENS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tokenizer.json");
    }
}
