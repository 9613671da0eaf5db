package dev.millrace.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.EncoderConfig.Pooling;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a pretrained encoder from a folder, as Hugging Face transformers and sentence-transformers save one, and as
 * {@link HuggingFaceFolder} writes it: {@code config.json}, {@code tokenizer.json}, {@code model.safetensors}, and
 * {@code 1_Pooling/config.json} and {@code config_sentence_transformers.json} where there are.
 *
 * <p>Tensors may be named with {@code bert.} before them, and be of float32, float16 or bfloat16; those that the encoder
 * does not need, such as a pooler's, are left out. Anything else is refused rather than computed as something it is not.
 */
public final class PretrainedFolder {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SUPPORTED =
            "; supported are encoders of the BERT family: model_type bert, hidden_act gelu, absolute positions, two token"
                    + " types, a tokenizer.json that puts a mark before a text and one after it, and one"
                    + " model.safetensors in float32, float16 or bfloat16";

    private static final String POOLING = "1_Pooling/config.json";
    private static final String PROMPTS = "config_sentence_transformers.json";
    private static final String MODE = "pooling_mode_";
    private static final String CLS = MODE + "cls_token";
    private static final String MEAN = MODE + "mean_tokens";
    private static final int MARKS = 2;
    private static final int ROOM = 16;
    private static final int DIGEST_CHARACTERS = 12;

    private PretrainedFolder() {}

    /**
     * Reads it. The files must not be changed as long as what was read is in use.
     *
     * @param folder with the files
     * @return the encoder; its name is that of the folder and the start of a SHA-256 of the content, so that other content
     *     in the same place has another name
     * @throws IOException when a file is missing, cannot be read, or says something else than an encoder of the BERT
     *     family; the message names the file, and says what is supported
     */
    public static PretrainedModel read(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("there is no folder " + folder.toAbsolutePath());
        }
        try {
            EncoderConfig config = config(file(folder, "config.json"));
            String tokenizer = Files.readString(file(folder, "tokenizer.json"));
            Path weights = file(folder, "model.safetensors");
            requireFits(tokenizer, config);
            return named(folder, new PretrainedModel("model.safetensors", config, tensors(weights), tokenizer));
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(folder + ": " + e.getMessage() + SUPPORTED, e);
        }
    }

    /**
     * Reads it with the head that was trained on it, as {@link HuggingFaceFolder} writes one, or of a {@code
     * BertForSequenceClassification}.
     *
     * @param folder with the files
     * @return the encoder with its head; its name is another one than that of the encoder alone
     * @throws IOException as {@link #read} does, and where there is no head, or another one
     */
    public static PretrainedModel readWithHead(Path folder) throws IOException {
        PretrainedModel encoder = read(folder);
        try {
            PretrainedHead head = PretrainedHead.read(folder, encoder.config().hidden());
            return named(
                    folder,
                    new PretrainedModel(
                            encoder.name(),
                            encoder.config(),
                            encoder.tensors(),
                            encoder.tokenizerJson(),
                            Optional.of(head)));
        } catch (IOException e) {
            throw new IOException(folder + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads its tokenizer alone.
     *
     * @param folder with the files, of which {@code tokenizer.json} is needed
     * @return a Hugging Face {@code tokenizer.json}
     * @throws IOException when the file is missing or cannot be read
     */
    public static String tokenizerJson(Path folder) throws IOException {
        try {
            return Files.readString(file(folder, "tokenizer.json"));
        } catch (IOException e) {
            throw new IOException(folder + ": " + e.getMessage(), e);
        }
    }

    private static Path file(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new IOException("there is no file " + name);
        }
        return file;
    }

    private static EncoderConfig config(Path file) throws IOException {
        EncoderConfig config;
        try {
            config = EncoderConfig.read(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw new IOException("config.json is no JSON: " + e.getOriginalMessage(), e);
        }
        Path pooling = file.resolveSibling("1_Pooling").resolve("config.json");
        if (Files.isRegularFile(pooling)) {
            config = config.with(pooling(json(pooling, POOLING)));
        }
        Path prompts = file.resolveSibling(PROMPTS);
        return Files.isRegularFile(prompts) ? prompted(config, json(prompts, PROMPTS)) : config;
    }

    private static JsonNode json(Path file, String name) throws IOException {
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw new IOException(name + " is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** What sentence-transformers put before each text unless they are told otherwise. */
    private static EncoderConfig prompted(EncoderConfig config, JsonNode prompts) throws IOException {
        JsonNode name = prompts.path("default_prompt_name");
        if (!name.isTextual()) {
            return config;
        }
        JsonNode prompt = prompts.path("prompts").path(name.textValue());
        if (!prompt.isTextual()) {
            throw new IOException(PROMPTS + ": prompts has no text named " + name);
        }
        return config.withPrefix(prompt.textValue());
    }

    private static Pooling pooling(JsonNode config) throws IOException {
        if (!config.path("include_prompt").asBoolean(true)) {
            throw new IOException(POOLING + ": include_prompt must be true, but is false");
        }
        List<String> modes = new ArrayList<>();
        config.properties().stream()
                .filter(entry ->
                        entry.getKey().startsWith(MODE) && entry.getValue().booleanValue())
                .forEach(entry -> modes.add(entry.getKey()));
        if (modes.equals(List.of(CLS))) {
            return Pooling.FIRST_TOKEN;
        }
        if (modes.equals(List.of(MEAN))) {
            return Pooling.MEAN;
        }
        throw new IOException(POOLING + ": one of " + MEAN + " and " + CLS + " alone must be true, but "
                + (modes.isEmpty() ? "none" : String.join(", ", modes)) + " is");
    }

    /** A token that the encoder has no row for would be read from beyond its memory. */
    private static void requireFits(String json, EncoderConfig config) throws IOException {
        try (Tokenizer tokenizer = Tokenizer.of(json, ROOM)) {
            int tokens = tokenizer.encode("a").length();
            if (tokens != MARKS + 1) {
                throw new IOException("tokenizer.json: a letter must be one token between two marks, but gives "
                        + tokens + " tokens");
            }
        }
        JsonNode tokenizer = JSON.readTree(json);
        int highest = -1;
        for (JsonNode id : tokenizer.at("/model/vocab")) {
            highest = Math.max(highest, id.asInt());
        }
        for (JsonNode added : tokenizer.path("added_tokens")) {
            highest = Math.max(highest, added.path("id").asInt());
        }
        if (highest >= config.vocabulary()) {
            throw new IOException("tokenizer.json: there is a token " + highest + ", but vocab_size in config.json is "
                    + config.vocabulary());
        }
    }

    private static Map<String, Tensor> tensors(Path file) throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Tensor tensor : Safetensors.read(file).tensors()) {
            String name = plain(tensor.name());
            Tensor wide = HalfPrecision.widened(tensor);
            tensors.put(name, new Tensor(name, wide.type(), wide.shape(), wide.data()));
        }
        return tensors;
    }

    /** Checkpoints that come from TensorFlow call gain and shift of a norm gamma and beta. */
    private static String plain(String name) {
        return name.replaceFirst("^bert\\.", "")
                .replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
                .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
    }

    private static PretrainedModel named(Path folder, PretrainedModel model) throws IOException {
        Path last = folder.toAbsolutePath().normalize().getFileName();
        String name = last == null ? "root" : last.toString().replaceAll("[^A-Za-z0-9._-]", "_");
        String digest = digest(model).substring(0, DIGEST_CHARACTERS);
        return new PretrainedModel(
                name + "@" + digest, model.config(), model.tensors(), model.tokenizerJson(), model.head());
    }

    private static String digest(PretrainedModel model) throws IOException {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            try (DigestOutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), sha256)) {
                out.write(model.config().write());
                out.write(model.tokenizerJson().getBytes(StandardCharsets.UTF_8));
                model.writeTensors(out);
                if (model.head().isPresent()) {
                    model.head().get().writeTo(out);
                }
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
