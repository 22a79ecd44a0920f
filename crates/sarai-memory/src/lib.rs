//! Facts: extraction, entities, time, recall and forgetting. Pure.
