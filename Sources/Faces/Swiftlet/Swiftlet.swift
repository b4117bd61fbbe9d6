// What an application needs, in one import.
@_exported public import Agents
@_exported public import Architectures
@_exported public import Constraints
@_exported public import Decoding
@_exported public import Documents
@_exported public import EngineScoring
@_exported public import Evaluation
@_exported public import Flows
@_exported public import Inference
@_exported public import JSONValues
@_exported public import ModelStore
@_exported public import Retrieval
@_exported public import Serving
@_exported public import Templating
@_exported public import Tensors
@_exported public import Tokenization
@_exported public import Vectors
