//! Skills, without running them: manifests, discovery, consent, routing, and the pool's decisions.
