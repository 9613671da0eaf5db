package dev.millrace.registry;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Reads a version's number from its file. */
final class ToyLoader implements VersionLoader<Toy> {

    /** What happens while a version is being loaded. */
    interface Interlude {
        void run() throws Exception;
    }

    final ConcurrentLinkedQueue<Toy> loads = new ConcurrentLinkedQueue<>();
    volatile Set<String> roles = Set.of();
    volatile Interlude whileLoading = () -> {};
    volatile @Nullable Exception failure;

    @Override
    public Set<String> roles() {
        return Set.of("weights");
    }

    @Override
    public Toy load(VersionRecord version, Map<String, Path> filesByRole) throws Exception {
        roles = filesByRole.keySet();
        Exception failing = failure;
        if (failing != null) {
            throw failing;
        }
        whileLoading.run();
        String text = Files.readString(filesByRole.get("weights"));
        Toy toy = new Toy(Long.parseLong(text.replace("version ", "")));
        loads.add(toy);
        return toy;
    }

    List<Long> numbers() {
        return loads.stream().map(Toy::number).toList();
    }

    Toy loaded(long number) {
        return loads.stream().filter(toy -> toy.number() == number).findFirst().orElseThrow();
    }
}
