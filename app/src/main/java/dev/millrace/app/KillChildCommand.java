package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.RegistryObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace bench kill-child}: the process that {@code bench kill} and {@code bench trainers} kill. It runs ingest and
 * trainer, or one of them, as {@code millrace run} does, announces what it does on its standard output, and ends when its standard input does: so it never
 * outlives its parent.
 */
@Command(name = "kill-child", hidden = true, description = "The process that other benchmarks kill.")
final class KillChildCommand implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(KillChildCommand.class);

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(names = "--roles", split = ",", description = "What it does. Default: ingest and trainer.")
    private Set<Role> roles = EnumSet.of(Role.INGEST, Role.TRAINER);

    @Option(
            names = "--step",
            paramLabel = "SPAN",
            defaultValue = "0ms",
            description = "How long a step takes at least: what is left of it after computing is waited for.")
    private String step = "";

    KillChildCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.load().settings();
        Path data = around.directory().resolve(settings.dataDirectory());
        Path log = logs.toFile(data, "child");
        LOG.info("A new process, log in {}", log);
        Announcer announcer = new Announcer(around.out());
        CountDownLatch parentIsGone = watchInput();
        try (Rooms rooms = Rooms.start(
                settings,
                EnumSet.copyOf(roles),
                around,
                new Observers(
                                IngestObserver.NONE,
                                new SteadyStep(DurationText.parse(step), around.nanoTicker()),
                                RegistryObserver.NONE)
                        .and(announcer.observers()),
                announcer::announcing)) {
            while (!parentIsGone.await(Duration.ofMillis(200).toMillis(), TimeUnit.MILLISECONDS)) {
                rooms.failure().ifPresent(failure -> {
                    throw new IllegalStateException("a room has stopped: " + failure.getMessage(), failure);
                });
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private CountDownLatch watchInput() {
        CountDownLatch ended = new CountDownLatch(1);
        Thread watcher = new Thread(
                () -> {
                    try {
                        around.in().transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        LOG.warn("The standard input broke, so this process ends", e);
                    }
                    ended.countDown();
                },
                "parent-watch");
        watcher.setDaemon(true);
        watcher.start();
        return ended;
    }
}
