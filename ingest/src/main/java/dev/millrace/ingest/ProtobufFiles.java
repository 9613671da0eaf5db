package dev.millrace.ingest;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ApiProto;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.SourceContextProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import com.google.protobuf.WrappersProto;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files of Protobuf that are linked into one schema, out of the texts of a schema registry. */
final class ProtobufFiles {

    private static final Map<String, FileDescriptor> GOOGLES = Stream.of(
                    AnyProto.getDescriptor(),
                    ApiProto.getDescriptor(),
                    DescriptorProtos.getDescriptor(),
                    DurationProto.getDescriptor(),
                    EmptyProto.getDescriptor(),
                    FieldMaskProto.getDescriptor(),
                    SourceContextProto.getDescriptor(),
                    StructProto.getDescriptor(),
                    TimestampProto.getDescriptor(),
                    TypeProto.getDescriptor(),
                    WrappersProto.getDescriptor())
            .collect(Collectors.toUnmodifiableMap(FileDescriptor::getName, Function.identity()));

    /** A name that nobody imports. */
    private static final String ITSELF = "it";

    private final Map<String, FileDescriptor> linked = new HashMap<>(GOOGLES);
    private final Set<String> missing = new LinkedHashSet<>();

    private ProtobufFiles() {}

    /**
     * Links a schema.
     *
     * @param schema the text of its file, or its descriptor in Base64, as Confluent's clients for Python and JavaScript
     *     register it
     * @param references the same of the files that it imports, by the names it imports them by, each behind those it imports
     *     itself; Google's own need not be among them
     * @return its file
     * @throws Unfit if it is no schema, or lacks one that it needs
     */
    static FileDescriptor link(String schema, Map<String, String> references) throws Unfit {
        ProtobufFiles files = new ProtobufFiles();
        try {
            for (Map.Entry<String, String> reference : references.entrySet()) {
                if (!files.linked.containsKey(reference.getKey())) {
                    files.linked.put(reference.getKey(), files.link(read(reference.getKey(), reference.getValue())));
                }
            }
            return files.link(read(ITSELF, schema));
        } catch (DescriptorValidationException | RuntimeException e) {
            throw files.unfit(Quote.problem(e));
        } catch (StackOverflowError e) {
            throw files.unfit("it is nested too deeply");
        }
    }

    private Unfit unfit(String problem) {
        return new Unfit(new Rejection.Undecodable("its schema cannot be read as one of Protobuf: "
                + Quote.bare(problem)
                + (missing.isEmpty() ? "" : "; it imports " + missing + ", to which the registry has no reference")));
    }

    private static FileDescriptorProto read(String name, String schema) throws Unfit {
        Optional<FileDescriptorProto> described = described(schema);
        return described.isPresent()
                ? described.get().toBuilder().setName(name).build()
                : ProtobufText.parse(name, schema);
    }

    /** No text is Base64: a file without a semicolon, a brace or a space declares nothing. */
    private static Optional<FileDescriptorProto> described(String schema) {
        try {
            return schema.isBlank()
                    ? Optional.empty()
                    : Optional.of(
                            FileDescriptorProto.parseFrom(Base64.getDecoder().decode(schema.strip())));
        } catch (IllegalArgumentException | InvalidProtocolBufferException text) {
            return Optional.empty();
        }
    }

    /** What is imported for options alone is often not at hand, and not needed: imports that are missing are left out. */
    private FileDescriptor link(FileDescriptorProto file) throws DescriptorValidationException {
        FileDescriptorProto.Builder found =
                file.toBuilder().clearDependency().clearPublicDependency().clearWeakDependency();
        List<FileDescriptor> imports = new ArrayList<>();
        for (int i = 0; i < file.getDependencyCount(); i++) {
            String path = file.getDependency(i);
            FileDescriptor imported = linked.get(path);
            if (imported == null) {
                missing.add(path);
                continue;
            }
            // A file has the name that it is imported by here, whatever it was registered under.
            found.addDependency(imported.getName());
            imports.add(imported);
            if (file.getPublicDependencyList().contains(i)) {
                found.addPublicDependency(imports.size() - 1);
            }
        }
        return FileDescriptor.buildFrom(found.build(), imports.toArray(FileDescriptor[]::new));
    }
}
