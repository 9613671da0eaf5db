/** The console: pages that show learning as it happens, and let a person act on it. */
@NullMarked
package dev.millrace.app.console;

import org.jspecify.annotations.NullMarked;
