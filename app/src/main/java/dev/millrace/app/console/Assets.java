package dev.millrace.app.console;

import dev.millrace.registry.Problem;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * The scripts and styles of the pages, all from the class path. Each is named with the digest of its bytes, so that a
 * browser may keep it for good. Immutable.
 */
final class Assets {

    private static final String ROOT = "/assets/";
    private static final String SCRIPT = "text/javascript; charset=utf-8";
    private static final String STYLE = "text/css; charset=utf-8";

    /** One file, held in memory. */
    private static final class Asset {

        private final String type;
        private final byte[] bytes;
        private final String digest;

        Asset(String type, byte[] bytes) {
            this.type = type;
            this.bytes = bytes;
            this.digest = digest(bytes);
        }
    }

    private final Map<String, Asset> byName = new LinkedHashMap<>();

    Assets() {
        add("htmx.js", SCRIPT, webJar("htmx.org", "dist/htmx.min.js"));
        add("sse.js", SCRIPT, webJar("htmx-ext-sse", "sse.js"));
        add("uplot.js", SCRIPT, webJar("uplot", "dist/uPlot.iife.min.js"));
        add("uplot.css", STYLE, webJar("uplot", "dist/uPlot.min.css"));
        add("console.js", SCRIPT, bytes("/dev/millrace/app/console/console.js"));
        add("console.css", STYLE, bytes("/dev/millrace/app/console/console.css"));
        add("mark.svg", "image/svg+xml", bytes("/dev/millrace/app/console/mark.svg"));
    }

    private void add(String name, String type, byte[] bytes) {
        byName.put(name, new Asset(type, bytes));
    }

    void addTo(RoutesConfig routes) {
        routes.get(ROOT + "{name}", this::serve);
        routes.get("/favicon.ico", context -> context.redirect(path("mark.svg")));
    }

    /**
     * Where a page finds a file.
     *
     * @param name of the file
     * @return a path with its digest
     */
    String path(String name) {
        Asset asset = byName.get(name);
        if (asset == null) {
            throw new IllegalArgumentException("there is no asset " + name);
        }
        return ROOT + name + "?v=" + asset.digest;
    }

    private void serve(Context context) {
        Asset asset = byName.get(context.pathParam("name"));
        if (asset == null) {
            throw new Problem(404, "there is no such file");
        }
        boolean isForGood = asset.digest.equals(context.queryParam("v"));
        context.header("Cache-Control", isForGood ? "public, max-age=31536000, immutable" : "no-cache");
        context.contentType(asset.type).result(asset.bytes);
    }

    private static byte[] webJar(String name, String path) {
        Properties about = new Properties();
        try (InputStream in =
                Assets.class.getResourceAsStream("/META-INF/maven/org.webjars.npm/" + name + "/pom.properties")) {
            if (in == null) {
                throw new IllegalStateException("the WebJar " + name + " is not on the class path");
            }
            about.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes("/META-INF/resources/webjars/" + name + "/" + about.getProperty("version") + "/" + path);
    }

    private static byte[] bytes(String resource) {
        try (InputStream in = Assets.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(byte[] bytes) {
        try {
            byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(Arrays.copyOf(sha256, 6));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
