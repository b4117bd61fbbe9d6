"""BERTScores of a few lines by bert-score itself with a local encoder's last layer.

    pip install bert-score
    python scripts/make_bert_score_fixture.py FOLDER_OF_ALL_MINILM_L6_V2 Tests/EndToEndTests/bert_score.json
"""

import json
import sys

import bert_score

hypotheses = ["The cat sat on the mat.", "A quick brown fox", "Völlig anders, naïve!", "the the the"]
references = ["A cat is sitting on a mat.", "The fast brown fox jumps.", "It rains in Vienna.", "the"]
scorer = bert_score.BERTScorer(model_type=sys.argv[1], num_layers=6, idf=False, rescale_with_baseline=False, device="cpu")
precision, recall, f1 = scorer.score(hypotheses, references)
with open(sys.argv[2], "w") as file:
    json.dump({"hypotheses": hypotheses, "references": references, "precision": precision.mean().item(),
               "recall": recall.mean().item(), "f1": f1.tolist()}, file)
    file.write("\n")
