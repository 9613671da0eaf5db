package dev.millrace.app;

import java.io.StringWriter;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** HTML that is XML as well, with all text escaped. Not thread-safe. */
final class Markup {

    /** What is inside an element. */
    interface Content {
        void write();
    }

    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter out;

    Markup() {
        try {
            out = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
            out.writeDTD("<!DOCTYPE html>\n");
        } catch (XMLStreamException e) {
            throw unwritable(e);
        }
    }

    /**
     * Writes an element.
     *
     * @param name of it
     * @param content written inside, or nothing
     * @param attributes names and values in turns
     */
    void element(String name, Content content, Object... attributes) {
        try {
            out.writeStartElement(name);
            attributes(attributes);
            content.write();
            out.writeEndElement();
        } catch (XMLStreamException e) {
            throw unwritable(e);
        }
    }

    /** Writes an element with text inside. */
    void text(String name, String inside, Object... attributes) {
        element(name, () -> text(inside), attributes);
    }

    /** Writes text into the element that is open. */
    void text(String inside) {
        try {
            out.writeCharacters(inside);
        } catch (XMLStreamException e) {
            throw unwritable(e);
        }
    }

    /** Writes an element without an end tag, as HTML has it for some, and SVG for all that have nothing inside. */
    void empty(String name, Object... attributes) {
        try {
            out.writeEmptyElement(name);
            attributes(attributes);
        } catch (XMLStreamException e) {
            throw unwritable(e);
        }
    }

    private void attributes(Object... attributes) throws XMLStreamException {
        for (int i = 0; i < attributes.length; i += 2) {
            out.writeAttribute(attributes[i].toString(), attributes[i + 1].toString());
        }
    }

    private static IllegalStateException unwritable(XMLStreamException e) {
        return new IllegalStateException("writing to memory failed", e);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
