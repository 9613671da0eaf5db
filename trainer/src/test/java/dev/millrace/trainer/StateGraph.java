package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import dev.millrace.model.Tensor;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that an object holds, field by field, down to values that can be compared. What it meets and does not know is an
 * error: nothing is left out but what is said to be.
 */
final class StateGraph {

    /** What is added to the path of a collection to tell how large it is. */
    static final String SIZE = "#size";

    /** What is added to the path of a map to tell its keys in order. */
    static final String KEYS = "#keys";

    private static final Set<Class<?>> VALUES = Set.of(
            String.class,
            Boolean.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            Instant.class,
            Duration.class);

    private final Set<String> same;
    private final Set<String> leftOut;
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    private StateGraph(Set<String> same, Set<String> leftOut) {
        this.same = same;
        this.leftOut = leftOut;
    }

    /**
     * Reads an object.
     *
     * @param same fields, as {@code Class.field}, of which only matters which object they hold
     * @param leftOut fields that do not matter at all
     * @return for each path of fields the values that were found there, in order; {@code []} stands for all elements
     */
    static Map<String, List<String>> of(Object root, Set<String> same, Set<String> leftOut) {
        StateGraph graph = new StateGraph(same, leftOut);
        graph.visit("", root);
        return graph.values;
    }

    private void visit(String path, @Nullable Object value) {
        if (value == null) {
            put(path, "null");
        } else if (VALUES.contains(value.getClass()) || value instanceof Enum) {
            put(path, value.toString());
        } else if (value instanceof NDArray array) {
            put(path, array.getShape() + " " + Arrays.hashCode(array.toByteArray()));
        } else if (value instanceof Tensor tensor) {
            byte[] bytes = new byte[tensor.data().remaining()];
            tensor.data().get(bytes);
            put(path, tensor.name() + tensor.shape() + " " + HexFormat.of().formatHex(bytes));
        } else if (value instanceof ByteBuffer buffer) {
            put(path, "bytes " + buffer.duplicate().rewind().hashCode());
        } else if (value instanceof Object[] elements) {
            visit(path, Arrays.asList(elements));
        } else if (value instanceof Collection<?> elements) {
            put(path + SIZE, Integer.toString(elements.size()));
            elements.forEach(element -> visit(path + "[]", element));
        } else if (value instanceof Map<?, ?> map) {
            put(path + KEYS, map.keySet().toString());
            map.values().forEach(element -> visit(path + "[]", element));
        } else if (value.getClass().isArray()) {
            List<String> elements = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                elements.add(String.valueOf(Array.get(value, i)));
            }
            put(path, elements.toString());
        } else if (value.getClass().getName().startsWith("dev.millrace.")) {
            fields(path, value);
        } else {
            throw new AssertionError(
                    path + " holds " + value.getClass().getName() + ", which nobody knows how to compare:" + " teach "
                            + StateGraph.class.getSimpleName() + ", or say why it is no state");
        }
    }

    private void fields(String path, Object owner) {
        for (Field field : owner.getClass().getDeclaredFields()) {
            String name = owner.getClass().getSimpleName() + "." + field.getName();
            if (Modifier.isStatic(field.getModifiers()) || leftOut.contains(name)) {
                continue;
            }
            String next = path.isEmpty() ? field.getName() : path + "." + field.getName();
            Object value = read(field, owner);
            if (same.contains(name)) {
                put(next, "object " + System.identityHashCode(value));
            } else {
                visit(next, value);
            }
        }
    }

    private static @Nullable Object read(Field field, Object owner) {
        try {
            field.setAccessible(true);
            return field.get(owner);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private void put(String path, String value) {
        values.computeIfAbsent(path, first -> new ArrayList<>()).add(value);
    }
}
