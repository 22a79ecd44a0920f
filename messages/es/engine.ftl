# Lo que puede fallar al preparar una conversación para el modelo.

engine-template-broken =
    La plantilla de conversación de este modelo no funciona. Elige otro modelo con «sarai model list».
engine-template-refused =
    El modelo no admite esta conversación; su plantilla dice: «{ $reason }». Cambia el orden o los roles de los mensajes.
engine-template-exhausted =
    Preparar esta conversación para el modelo cuesta demasiado. Acórtala o empieza una nueva; si le pasa también a una corta, elige otro modelo.
engine-conversation-too-long =
    La conversación ocupa { $bytes } bytes y caben { $max }. Acórtala o empieza una nueva.
