agent-too-many-tools = La petición ofrece { $count } herramientas y el máximo es { $max }. Quita las que no hagan falta y repítela.
agent-unknown-tool = La petición obliga a usar la herramienta «{ $tool }», pero no está en su lista de herramientas. Añádela a la lista o elige otra.
agent-no-tools = La petición obliga a usar una herramienta y no ofrece ninguna. Añade alguna, o quita la obligación.
agent-tool-schema = Los argumentos de la herramienta «{ $tool }» no se pueden ceñir a su esquema: { $detail }. Cambia el esquema o quita «strict».
agent-grammar-beside-tools = Una respuesta con formato fijado y las herramientas no van juntas: una llamada a herramienta ya tiene su propio formato. Deja solo una de las dos cosas.
agent-grammars-off = Las gramáticas están apagadas en los ajustes. Pon phoenix.grammar_constraints: true, o pide la respuesta sin formato fijado y sin «strict».
agent-engine-out-of-order = El modelo ha respondido de una forma que SARAi no entiende. Repite la pregunta; si vuelve a pasar, ejecuta «sarai doctor».
