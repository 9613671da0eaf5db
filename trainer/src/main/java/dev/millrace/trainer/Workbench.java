package dev.millrace.trainer;

import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;

/**
 * What a model is trained with.
 *
 * @param base the part of its pretrained model that its recipe uses
 * @param network of that, in native memory
 * @param tokenizer of that, with the recipe's bound of tokens
 * @param recipe of learning that it begins with
 */
record Workbench(PretrainedModel base, Network network, Tokenizer tokenizer, Recipe recipe) {}
