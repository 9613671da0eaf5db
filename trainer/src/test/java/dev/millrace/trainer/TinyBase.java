package dev.millrace.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.Compute;
import dev.millrace.model.EncoderConfig;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.RandomEncoder;

/** The tiny random encoder for texts of 64 tokens at most, under any name. */
final class TinyBase {

    static final Compute CPU = new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32);
    static final int HIDDEN = RandomEncoder.tiny(64).hidden();

    private static final int FREQUENT = 3000;

    /** Of a million random numbers, which are drawn once. */
    private static final PretrainedModel MODEL =
            RandomEncoder.of("tiny", RandomEncoder.tiny(64), PretrainedModel.bundledTokenizer());

    private TinyBase() {}

    static PretrainedModel model() {
        return MODEL;
    }

    static PretrainedModel model(String name) {
        return new PretrainedModel(name, MODEL.config(), MODEL.tensors(), MODEL.tokenizerJson());
    }

    /** One of a single layer that knows only the most frequent words, for those who write and train it often. */
    static PretrainedModel light() {
        EncoderConfig tiny = RandomEncoder.tiny(64);
        EncoderConfig light = new EncoderConfig(
                1,
                tiny.hidden(),
                tiny.heads(),
                tiny.intermediate(),
                tiny.positions(),
                FREQUENT,
                tiny.layerNormEpsilon());
        return RandomEncoder.of("light", light, frequentTokensJson());
    }

    private static String frequentTokensJson() {
        try {
            JsonNode tokenizer = new ObjectMapper().readTree(PretrainedModel.bundledTokenizer());
            tokenizer
                    .at("/model/vocab")
                    .properties()
                    .removeIf(token -> token.getValue().asInt() >= FREQUENT);
            return tokenizer.toString();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
