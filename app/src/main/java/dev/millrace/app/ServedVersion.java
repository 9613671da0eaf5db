package dev.millrace.app;

import dev.millrace.registry.VersionRecord;

/**
 * What answered.
 *
 * @param model whose version: the one that was asked, or its successor
 * @param version its number
 */
record ServedVersion(String model, long version) {

    static ServedVersion of(VersionRecord version) {
        return new ServedVersion(version.model(), version.version());
    }
}
