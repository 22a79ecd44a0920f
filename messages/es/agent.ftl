agent-too-many-tools = La petición ofrece { $count } herramientas y el máximo es { $max }. Quita las que no hagan falta y repítela.
agent-unknown-tool = La petición obliga a usar la herramienta «{ $tool }», pero no está en su lista de herramientas. Añádela a la lista o elige otra.
agent-no-tools = La petición obliga a usar una herramienta y no ofrece ninguna. Añade alguna, o quita la obligación.
agent-engine-out-of-order = El modelo ha respondido de una forma que SARAi no entiende. Repite la pregunta; si vuelve a pasar, ejecuta «sarai doctor».
