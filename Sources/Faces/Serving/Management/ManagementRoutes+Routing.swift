import Hummingbird

extension Routes {
    /// What changes the store.
    func addManagement(to router: Router<Context>) {
        let (management, manager) = (options.management, manager)
        let routes = { @Sendable () throws(APIError) -> ManagementRoutes in
            guard let management else {
                throw APIError(
                    .forbidden,
                    "Clients may not change the models of this server; its operator can allow it with --manage-models.",
                    code: "management_not_allowed")
            }
            return ManagementRoutes(management: management, manager: manager)
        }
        post("api/pull", on: router) { try await routes().pull($0, $1) }
        post("api/create", on: router) { try await routes().create($0, $1) }
        post("api/copy", on: router) { fields, _ in try routes().copy(fields) }
        let path: RouterPath = "api/delete"
        let maximumSize = options.maximumBodySize
        router.delete(path) { request, _ in
            try routes().delete(try await request.readFields(maximumSize: maximumSize))
        }
        refuse([.get, .post, .put, .patch], at: path, allowing: "DELETE", on: router)
        let blobs: RouterPath = "api/blobs/:digest"
        router.on(blobs, method: .head) { _, context in
            try BlobRoute(store: try routes().store).find(try context.parameters.require("digest"))
        }
        router.post(blobs) { request, context in
            try await BlobRoute(store: try routes().store)
                .receive(try context.parameters.require("digest"), request)
        }
        refuse([.get, .put, .patch, .delete], at: blobs, allowing: "HEAD, POST", on: router)
    }
}
