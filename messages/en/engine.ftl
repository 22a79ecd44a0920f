# What can go wrong while a conversation is prepared for the model.

engine-template-broken =
    This model's chat template does not work. Choose another model with “sarai model list”.
engine-template-refused =
    The model does not accept this conversation; its template says: “{ $reason }”. Change the order or the roles of the messages.
engine-template-exhausted =
    Preparing this conversation for the model takes too much. Shorten it or start a new one; if a short one fails too, choose another model.
engine-conversation-too-long =
    The conversation has { $bytes } bytes and { $max } fit. Shorten it or start a new one.
