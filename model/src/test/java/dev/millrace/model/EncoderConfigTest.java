package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncoderConfigTest {

    private static final EncoderConfig CONFIG = new EncoderConfig(2, 32, 4, 64, 48, 100, 1e-5);

    @Test
    void whatIsWrittenIsRead() throws IOException {
        assertThat(EncoderConfig.read(CONFIG.write())).isEqualTo(CONFIG);
    }

    @Test
    void onlyPoolingOtherThanTheMeanIsWritten() throws IOException {
        EncoderConfig first = CONFIG.with(EncoderConfig.Pooling.FIRST_TOKEN);

        assertThat(EncoderConfig.read(first.write())).isEqualTo(first).isNotEqualTo(CONFIG);
        assertThat(new String(first.write(), StandardCharsets.UTF_8)).contains("\"pooling\" : \"cls\"");
        assertThat(new String(CONFIG.write(), StandardCharsets.UTF_8)).doesNotContain("pooling");
    }

    @Test
    void onlyAPrefixThatIsNotEmptyIsWritten() throws IOException {
        EncoderConfig query = CONFIG.withPrefix("query: ");

        assertThat(EncoderConfig.read(query.write())).isEqualTo(query).isNotEqualTo(CONFIG);
        assertThat(new String(query.write(), StandardCharsets.UTF_8)).contains("\"prefix\" : \"query: \"");
        assertThat(new String(CONFIG.write(), StandardCharsets.UTF_8)).doesNotContain("prefix");
    }

    @Test
    void readsWhatOthersPublish() throws IOException {
        byte[] json = """
                {"architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": 384,
                 "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536,
                 "max_position_embeddings": 512, "vocab_size": 30522, "transformers_version": "4.8.2"}
                """.getBytes(StandardCharsets.UTF_8);

        assertThat(EncoderConfig.read(json)).isEqualTo(new EncoderConfig(6, 384, 12, 1536, 512, 30522, 1e-12));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    "model_type" : "bert" | "model_type" : "roberta" | model_type must be bert, but is 'roberta'
                    "hidden_act" : "gelu" | "hidden_act" : "relu" | hidden_act must be gelu, but is 'relu'
                    "hidden_size" : 32 | "other" : 32 | hidden_size must be a whole number >= 1
                    "hidden_size" : 32 | "hidden_size" : "32" | hidden_size must be a whole number >= 1, but is "32"
                    "hidden_act" : "gelu" | "position_embedding_type" : "relative_key" | position_embedding_type must be absolute, but is 'relative_key'
                    "type_vocab_size" : 2 | "type_vocab_size" : 1 | type_vocab_size must be 2, but is '1'
                    "hidden_act" : "gelu" | "is_decoder" : true | is_decoder must be false, but is 'true'
                    "hidden_act" : "gelu" | "pooling" : "max" | pooling must be mean or cls, but is 'max'
                    "hidden_act" : "gelu" | "prefix" : 1 | prefix must be a text, but is 1
                    "vocab_size" : 100 | "vocab_size" : 0 | vocab_size must be a whole number >= 1, but is 0
                    "hidden_size" : 32 | "hidden_size" : 33 | hidden must be a multiple of heads, but is 33 for 4 heads
                    """)
    void saysWhatIsWrong(String from, String to, String message) {
        String json = new String(CONFIG.write(), StandardCharsets.UTF_8);
        assertThat(json).contains(from);

        assertThatThrownBy(() -> EncoderConfig.read(json.replace(from, to).getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("config.json: ")
                .hasMessageContaining(message);
    }

    @Test
    void refusesWhatIsNoJson() {
        assertThatThrownBy(() -> EncoderConfig.read("PK\u0003\u0004".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void theEpsilonReachesTheLayerNorms() {
        assertThat(embed(new EncoderConfig(2, 32, 4, 64, 64, 100, 0.5)))
                .isNotEqualTo(embed(new EncoderConfig(2, 32, 4, 64, 64, 100, 1e-12)));
    }

    private static float[] embed(EncoderConfig config) {
        try (Network network = Network.load(TinyBert.model(config), TinyBert.CPU, 0);
                NDManager scope = network.manager().newSubManager()) {
            NDList layers = network.load(TinyBert.trainable(network));
            return network.embed(scope, layers, TinyBert.batch()).toFloatArray();
        }
    }
}
