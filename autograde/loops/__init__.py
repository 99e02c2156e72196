"""What the probes of the training loops share: small models that keep a diary of what a loop does with them.

The models are built so that a mistake in one part of a loop leaves the observations of the other parts as they are:

- Gradients from the outputs are zero until the last epoch, and outputs turn by one class in every epoch
  (`GatedDense`). So every epoch has figures of its own, and those of the earlier epochs do not depend on how the loop
  updates weights.
- A loss term (`Slope`) has a constant gradient and a constant value. The weight that it pulls stands aside of the
  outputs: it tells whether `model.losses` are in the gradient, and how many steps were taken, and nothing else. Each
  part has two of them, as a loop that takes `model.losses` for one number is right where there is one.
- `Mode` moves its state in training mode only, towards the number of the samples' lane: one number for the training
  samples, another for the validation samples. It changes no output.
- Each sample carries its id and its lane as its last two features; `Diary` keeps book of them and takes both away.

All of it is TensorFlow operations on variables, so loops may be eager, compiled, or compiled with XLA.
"""

from __future__ import annotations

from autograde.loops.data import BATCH, CLASSES, FEATURES, N_EPOCHS, batches, draw_data, draw_dense, few
from autograde.loops.looks import (
    clock,
    keys,
    lengths,
    look_at_diary,
    look_at_reports,
    look_at_weights,
    missing,
    unmoved,
    values_of,
)
from autograde.loops.parts import Watch, freeze, give, parts, plain_part
from autograde.terms import Forbidden

FORBIDDEN = (
    Forbidden("fit", "keras.Model", r"Trainer\.fit$"),
    Forbidden("train_on_batch", "keras.Model", r"Trainer\.train_on_batch$"),
    Forbidden("train_step", "keras.Model", r"Trainer\.train_step$"),
    Forbidden("multi_optimizer", "keras.optimizers", r"^MultiOptimizer\.apply$"),
)

# What goes wrong in any loop, after what is about whose weights are updated by whom.
MISTAKES = """
    applied_twice stale_gradients ascent sum_for_mean model_losses_left_out only_first_loss losses_list_added
    losses_counted_twice losses_always_expected penalties_not_reported training_mode_missing second_forward_pass
    last_batch_dropped epochs_miscounted shuffled labels_out_of_step trains_on_validation_data metrics_not_reset
    last_batch_reported exact_accuracy validation_on_training_data validation_in_training_mode
    validation_before_epoch validation_every_step validation_mean_of_batches nothing_shown shown_once_per_epoch
    validation_not_shown no_history history_key_missing history_of_texts history_per_step history_of_last_epoch
    returned_too_early
"""

__all__ = [
    "BATCH",
    "CLASSES",
    "FEATURES",
    "FORBIDDEN",
    "MISTAKES",
    "N_EPOCHS",
    "Watch",
    "batches",
    "clock",
    "draw_data",
    "draw_dense",
    "few",
    "freeze",
    "give",
    "keys",
    "lengths",
    "look_at_diary",
    "look_at_reports",
    "look_at_weights",
    "missing",
    "parts",
    "plain_part",
    "unmoved",
    "values_of",
]
