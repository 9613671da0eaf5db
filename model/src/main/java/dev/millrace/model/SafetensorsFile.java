package dev.millrace.model;

import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;

/**
 * What a safetensors file holds. Immutable and safe for use by several threads.
 *
 * @param metadata free text by key; empty when the file has none
 * @param tensors in the order of their bytes in the file; their names are unique
 */
public record SafetensorsFile(Map<String, String> metadata, List<Tensor> tensors) {

    private static final int NAMES_IN_MESSAGE = 8;

    public SafetensorsFile {
        metadata = Map.copyOf(metadata);
        tensors = List.copyOf(tensors);
    }

    /**
     * The tensor with a name.
     *
     * @param name as in {@link Tensor#name()}
     * @return that tensor
     * @throws NoSuchElementException when there is none; the message lists some of the names that there are
     */
    public Tensor tensor(String name) {
        return tensors.stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("there is no tensor \"" + name + "\" among the "
                        + tensors.size() + " of this file: " + someNames()));
    }

    private String someNames() {
        return tensors.stream().limit(NAMES_IN_MESSAGE).map(Tensor::name).collect(Collectors.joining(", "))
                + (tensors.size() > NAMES_IN_MESSAGE ? ", …" : "");
    }
}
