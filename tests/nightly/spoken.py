# SPDX-License-Identifier: MIT
"""Speech made by flite and espeak-ng, which say the same samples each time."""
import array
import subprocess
import wave

SILENCE = 4000  # samples between two sentences: a quarter of a second


def spoken(voice, text, sole, folder):
    """The samples of a sentence, 16 kHz. `voice` is "flite-slt", "espeak-en-us"."""
    made, wanted = folder / "made.wav", folder / "wanted.wav"
    tool, name = voice.split("-", 1)
    if tool == "flite":
        speak = ["flite", "-voice", name, "-t", text, "-o", made]
    else:
        speak = ["espeak-ng", "-v", name, "-s", "150", "-w", made, text]
    subprocess.run(speak, check=True, stdout=subprocess.DEVNULL)
    # What is resampled, or put together, is kept from clipping.
    gain = ["-v", "0.9"] if tool != "flite" or not sole else []
    subprocess.run(["sox", "-D", *gain, made, "-r", "16000", "-c", "1", "-b", "16", wanted], check=True)
    with wave.open(str(wanted)) as file:
        return array.array("h", file.readframes(file.getnframes()))


def write_speech(voice, sentences, path, folder):
    """Writes them as one WAV; how many samples it has."""
    samples = array.array("h")
    for i, sentence in enumerate(sentences):
        samples.extend([0] * (SILENCE if i else 0))
        samples.extend(spoken(voice, sentence, len(sentences) == 1, folder))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return len(samples)
