package dev.millrace.trainer;

import dev.millrace.model.PretrainedModel;

/**
 * How one model is trained. Jobs whose base is the same object share what it takes in native memory, frozen layers and
 * what these made of texts included.
 *
 * @param base the pretrained model it starts from
 * @param recipe of learning, where a control record of its ledger does not say otherwise
 */
public record Job(PretrainedModel base, Recipe recipe) {}
