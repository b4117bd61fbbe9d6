import Foundation
import Testing

@testable import Inference

@Suite struct MachineMemoryTests {
    @Test func somethingIsFree() {
        #expect(MachineMemory.available > 0 && MachineMemory.available < 1 << 50)
        #expect(MachineMemory.budget() >= 64 << 20)
    }

    #if os(Linux)
        @Test func controlGroupsFromTheInnermostOutwards() {
            #expect(
                MachineMemory.controlGroups("0::/a/b\n")
                    == ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"])
            #expect(
                MachineMemory.controlGroups("4:cpu,memory:/x\n3:pids:/y\n")
                    == ["/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory"])
        }

        /// Files in the cache count as free; a group without a limit allows everything.
        @Test func aGroupsAllowance() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            func write(_ name: String, _ text: String) throws {
                try Data(text.utf8).write(to: folder.appending(path: name))
            }
            try write("memory.max", "max\n")
            #expect(MachineMemory.allowance(folder.path) == .max)
            try write("memory.max", "1000000\n")
            try write("memory.current", "700000\n")
            try write("memory.stat", "anon 1\ninactive_file 200000\nactive_file 5\n")
            #expect(MachineMemory.allowance(folder.path) == 500_000)
        }
    #endif
}
