@NullMarked
package dev.millrace.broker;

import org.jspecify.annotations.NullMarked;
